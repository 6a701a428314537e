import { parseCheckpoint, verifyCheckpoint, type Checkpoint } from '../activities/verification/checkpoint';
import type { TreeAnswer } from '../activities/verification/log-api';
import type { LogKey } from '../activities/verification/log-key';
import { NotProven } from '../activities/verification/not-proven';
import { ServedShard } from '../activities/verification/served-shard';
import type { TreeId } from '../workflows/model/log';
import type { Asked } from './asking';
import type { AuditedLog } from './audited-log';
import type { Findings } from './model/finding';
import { placedTrees, type View } from './model/view';

/** How often an address is asked over a new connection: behind it there may be several processes (H29). */
const LOOKS = 4;

/** One address, and how it is asked. */
export interface AuditedAddress extends Asked {
  /** The same over a connection for each request. */
  readonly fresh: AuditedLog;
}

/** What one address serves, as far as it is signed. */
export interface Instance extends Asked {
  readonly address: string;
  readonly view: View;
  /** Several processes answer, with different shards: nothing else that it says can be put in its place. */
  readonly several: boolean;
  /** Inactive trees whose note was another one at each look: it says nothing of the length that the process has loaded. */
  readonly signedAnew: ReadonlySet<TreeId>;
  readonly keys: ReadonlyMap<TreeId, LogKey>;
  /** What each tree's checkpoint says, where it is signed by the tree's key. */
  readonly heads: ReadonlyMap<TreeId, Checkpoint>;
  /** Those that entries can be proven of: signed, and of the length that the process has loaded. */
  readonly shards: readonly ServedShard[];
}

/** Asks what an address serves, and what signs it. Throws what `AuditedLog` throws. */
export async function meet(
  { log, fresh, optional }: AuditedAddress,
  findings: Findings,
  signal: AbortSignal,
): Promise<Instance> {
  const address = log.url;
  const reported = await fresh.trees(signal);
  const view = viewOf(address, reported, findings);
  const looks = [reported];
  let several = false;
  for (let look = 1; look < LOOKS; look += 1) {
    const again = await fresh.trees(signal);
    looks.push(again);
    const other = viewOf(address, again, findings);
    if (listText(other) === listText(view)) continue;
    several = true;
    const what = `several processes answer: one serves ${listText(view)}, another ${listText(other)}`;
    findings.add({ code: 'PROCESSES_DIFFER', address, where: 'The shard list', what });
  }
  const keys = new Map<TreeId, LogKey>();
  const heads = new Map<TreeId, Checkpoint>();
  const shards: ServedShard[] = [];
  for (const { treeId, firstIndex, loaded, live, isActive } of placedTrees(view)) {
    const where = `Shard ${treeId}`;
    const proven = await proving(findings, { address, where }, async () => {
      const key = await log.logKey(treeId, signal);
      keys.set(treeId, key);
      const note = reported.find((tree) => tree.treeId === treeId)?.checkpoint ?? '';
      return { key, note, head: verifyCheckpoint(note, treeId, key) };
    });
    if (!proven) continue;
    heads.set(treeId, proven.head);
    if (loaded !== live) continue;
    const { key, note } = proven;
    const shard = new ServedShard({ treeId, firstIndex, key }, loaded, isActive, note);
    if (await proving(findings, { address, where }, () => (seeHead(shard, proven.head, view), true)))
      shards.push(shard);
  }
  return { address, log, optional, view, several, signedAnew: signedAnew(looks), keys, heads, shards };
}

/**
 * Inactive trees of which each look showed another note. Since Rekor 1.3.9 a process signs it when it starts; before, for each
 * answer, with the size that the tree has by then (H29).
 */
function signedAnew(looks: readonly (readonly TreeAnswer[])[]): Set<TreeId> {
  const inactive = looks[0]?.slice(0, -1) ?? [];
  const notesOf = (treeId: TreeId) =>
    looks.flatMap((trees) => trees.filter((tree) => tree.treeId === treeId).map((tree) => tree.checkpoint));
  const isAnew = ({ treeId }: TreeAnswer): boolean => new Set(notesOf(treeId)).size === looks.length;
  return new Set(inactive.filter(isAnew).map(({ treeId }) => treeId));
}

/** What a process serves now, as a view; a checkpoint that is none is found. */
export function viewOf(address: string, reported: readonly TreeAnswer[], findings: Findings): View {
  const trees = reported.map(({ treeId, size, rootHash, checkpoint }) => {
    let loaded = size;
    try {
      loaded = parseCheckpoint(checkpoint).size;
    } catch (error) {
      found(findings, { address, where: `Shard ${treeId}` }, error);
    }
    return { treeId, loaded, live: size, root: rootHash };
  });
  return { address, trees };
}

/** Of what something is found. */
interface Where {
  readonly address: string;
  readonly where: string;
}

/** The result of a proof; undefined when it does not hold, which is then found. */
export async function proving<Result>(
  findings: Findings,
  place: Where,
  proof: () => Result | Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await proof();
  } catch (error) {
    found(findings, place, error);
    return undefined;
  }
}

function found(findings: Findings, place: Where, error: unknown): void {
  if (!(error instanceof NotProven)) throw error;
  const { code, words } = error;
  if (
    code === 'SHARD_LIST_DIFFERS' ||
    code === 'KEY_DIFFERS' ||
    code === 'HANDOVER_DIFFERS' ||
    code === 'EARLIER_OVERLAP'
  ) {
    // Nothing that an audit calls says so.
    throw error;
  }
  findings.add({ code: code === 'LENGTH_DIFFERS' ? 'LENGTHS_DIFFER' : code, ...place, what: words });
}

function seeHead(shard: ServedShard, head: Checkpoint, { trees }: View): void {
  shard.see(head);
  const tree = trees.find(({ treeId }) => treeId === shard.treeId);
  const root = head.root.toString('hex');
  if (tree && tree.root !== root) {
    throw new NotProven(
      'ROOT_DIFFERS',
      `its checkpoint has the root ${root}, and the tree ${tree.root} for the same size`,
    );
  }
}

/** The active tree grows all the time. */
function listText({ trees }: View): string {
  return trees
    .map(({ treeId, loaded }, position) =>
      position === trees.length - 1 ? `active tree ${treeId}` : `${treeId} (${loaded})`,
    )
    .join(', ');
}
