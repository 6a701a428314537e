import { NotProven } from '../activities/verification/not-proven';
import { TreeHeads } from '../activities/verification/tree-heads';
import type { TreeId } from '../workflows/model/log';
import { orItsFault } from './audited-log';
import { type Instance, meet, proving, viewOf } from './instance';
import { type KeptCheckpoint, proveKept } from './kept-checkpoints';
import { disagreements } from './model/agreement';
import type { Audit } from './model/facts';
import { Findings } from './model/finding';
import { settled } from './settled';

/** What else of a log's growth is known than what the address that is read serves. */
export interface GrowthInput {
  readonly instances: readonly Instance[];
  readonly checkpoints: readonly KeptCheckpoint[];
  readonly findings: Findings;
  readonly signal: AbortSignal;
}

/** Heads of one tree, out of answers with entries, of which consistency is proven: a busy tree has ten new ones a second. */
const MOST_OF_ENTRIES = 32;

/**
 * Proves that each tree has only grown: by the heads that all instances have signed, those that were kept, those of now, and some
 * of those beside entries.
 */
export async function auditGrowth(
  main: Instance,
  { instances, checkpoints, findings, signal }: GrowthInput,
): Promise<Pick<Audit, 'consistencyProofs' | 'checkpointsProven' | 'rotatedMeanwhile'>> {
  const seen = new SeenHeads(findings);
  for (const instance of instances) {
    for (const [treeId, head] of instance.heads) {
      // What another key has signed says nothing of this tree, and is found already.
      if (instance.keys.get(treeId)?.logId !== main.keys.get(treeId)?.logId) continue;
      seen.add(instance.address, treeId, head);
    }
  }
  for (const { treeId, heads } of main.shards) {
    for (const head of spread(heads, MOST_OF_ENTRIES)) seen.add(main.address, treeId, head);
  }
  const kept = (await proveKept(main, checkpoints, findings, signal)).filter(({ treeId, head }) =>
    seen.add(main.address, treeId, head),
  );
  const again = await settled(() => meetAgain(main, signal), main.log, signal);
  findings.add(...again.findings.kept);
  for (const [treeId, head] of again.instance.heads) seen.add(main.address, treeId, head);
  const { proofs, proven } = await proveGrowth(main, seen.byTree, findings, signal);
  const activeOf = ({ view }: Instance): TreeId | undefined => view.trees.at(-1)?.treeId;
  return {
    consistencyProofs: proofs,
    // Without a head of the log itself there is nothing that they could be compared with.
    checkpointsProven: kept.filter(({ treeId }) => proven.has(treeId) && main.heads.has(treeId)).length,
    rotatedMeanwhile: activeOf(again.instance) !== activeOf(main),
  };
}

/** What the address that was read serves at the end. */
async function meetAgain(
  { log, optional }: Instance,
  signal: AbortSignal,
): Promise<{ instance: Instance; findings: Findings }> {
  const findings = new Findings();
  const instance = await meet({ log, fresh: log, optional }, findings, signal);
  findings.add(...disagreements([viewOf(log.url, await log.trees(signal), findings)]));
  return { instance, findings };
}

/** Every head that was seen of a tree. */
class SeenHeads {
  readonly byTree = new Map<TreeId, TreeHeads>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Whether it contradicts no other head. */
  add(address: string, treeId: TreeId, head: Parameters<TreeHeads['see']>[0]): boolean {
    const heads = this.byTree.get(treeId) ?? new TreeHeads(treeId);
    this.byTree.set(treeId, heads);
    try {
      heads.see(head);
      return true;
    } catch (error) {
      if (!(error instanceof NotProven)) throw error;
      this.#findings.add({ code: 'ROOT_DIFFERS', address, where: `Tree ${treeId}`, what: error.words });
      return false;
    }
  }
}

/** Proves of each tree that all of its heads are of one growing tree; gives the number of proofs, and the trees that this holds for. */
async function proveGrowth(
  { address, log, view }: Instance,
  heads: ReadonlyMap<TreeId, TreeHeads>,
  findings: Findings,
  signal: AbortSignal,
): Promise<{ readonly proofs: number; readonly proven: ReadonlySet<TreeId> }> {
  const proven = new Set<TreeId>();
  let proofs = 0;
  for (const [treeId, tree] of heads) {
    const isInactive = view.trees.slice(0, -1).some((one) => one.treeId === treeId);
    const done = await proving(findings, { address, where: `Tree ${treeId}` }, () =>
      tree.proveAppendOnly(async (firstSize, lastSize) => {
        const ask = () => orItsFault(() => log.consistency(treeId, firstSize, lastSize, signal));
        // A process that is a moment behind refuses a proof for a size that it does not know yet.
        const willDo = (answer: Buffer[] | NotProven): boolean =>
          isInactive || !(answer instanceof NotProven);
        const answer = await log.eventually(ask, willDo, signal);
        if (answer instanceof NotProven) throw answer;
        return answer;
      }),
    );
    if (done === undefined) continue;
    proofs += done;
    proven.add(treeId);
  }
  return { proofs, proven };
}

/** So many of them, the first and the last among them. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, position) => items[Math.round(position * step)]).flatMap(
    (item) => item ?? [],
  );
}
