import { createHash } from 'node:crypto';
import { handoverText } from '../activities/handover';
import type { LogEntry } from '../activities/verification/log-entry';
import type { LogKey } from '../activities/verification/log-key';
import { NotProven } from '../activities/verification/not-proven';
import { sampleLeaves } from '../activities/verification/sample';
import { TreeHeads } from '../activities/verification/tree-heads';
import type { TreeId } from '../workflows/model/log';
import { Asking } from './asking';
import { MOST_AT_ONCE } from './audited-log';
import { boundariesRead } from './boundaries';
import { leavesOf, readByEveryPath, readByIndex } from './entries';
import { type AuditedAddress, type Instance, meet, proving, viewOf } from './instance';
import { type KeptCheckpoint, proveGrowth, proveKept } from './kept-checkpoints';
import { digestIn } from './leaf-digest';
import { meetAll, type Meeting } from './meeting';
import { disagreements, isEarlier, referenceOf } from './model/agreement';
import { type Reading, wholeRuns } from './model/chosen-leaves';
import { EntryPlaces } from './model/entry-places';
import type { Audit } from './model/facts';
import { Findings } from './model/finding';
import { handoverChain, type HandoverChain } from './model/handovers';
import { SearchedEntries } from './model/searched-entries';
import { disorderOfTimes } from './model/times';
import { firstContested, placedTrees } from './model/view';
import { askSearchIndex } from './search-index';
import { settled } from './settled';

export interface AuditInput {
  /** The first one is read; of the others it is seen whether they serve the same. */
  readonly addresses: readonly AuditedAddress[];
  /** Entries of each shard, besides its first and last, that are read by every path. */
  readonly sample: number;
  /** What else is read, by index alone. */
  readonly reading: Reading;
  readonly checkpoints: readonly KeptCheckpoint[];
  /** Those that clients trust; none to take the log's word. */
  readonly trustedKeys: readonly LogKey[];
  /** How far the clocks of two signers may be apart. */
  readonly clockDifferenceMs: number;
  /** Numbers in [0, 1); Math.random unless told otherwise. */
  readonly random?: () => number;
  readonly signal: AbortSignal;
  /** Called with how many of how many entries were read. */
  readonly onProgress?: (read: number, of: number) => void;
}

/** Asks all addresses of one log what they serve, and finds what does not hold. Throws the signal's reason. */
export async function audit(input: AuditInput): Promise<Audit> {
  const { addresses, trustedKeys, signal } = input;
  return await new Auditing(input, await meetAll(addresses, trustedKeys, signal)).run();
}

/** Heads of one tree, out of answers with entries, of which consistency is proven: a busy tree has ten new ones a second. */
const MOST_OF_ENTRIES = 32;

class Auditing {
  readonly #input: AuditInput;
  readonly #meeting: Meeting;
  readonly #findings: Findings;
  readonly #asking: Asking;
  readonly #places = new EntryPlaces();
  readonly #heads = new Map<TreeId, TreeHeads>();
  #figures = {
    ...{ entriesRead: 0, entriesByEveryPath: 0, consistencyProofs: 0, checkpointsProven: 0 },
    ...{ searched: 0, idsNotAsked: 0, neighboursCompared: 0, rotatedMeanwhile: false },
  };
  /** What a handover of each shard's end commits to. */
  #endDigests: ReadonlySet<string> = new Set();
  #handovers: HandoverChain = { handedOver: 0, boundaries: 0, findings: [] };

  constructor(input: AuditInput, meeting: Meeting) {
    this.#input = input;
    this.#meeting = meeting;
    this.#findings = meeting.findings;
    this.#asking = new Asking(input.signal);
  }

  async run(): Promise<Audit> {
    const { instances, ends, unasked } = this.#meeting;
    const main = this.#mainOf(instances);
    if (main) {
      await this.#compareIndexes(instances);
      this.#judgeEnds(main);
      await this.#asking.of(main, () => this.#readEntries(main));
      await this.#asking.of(main, () => this.#proveGrowth(main, instances));
      this.#findings.add(...this.#places.sentAgain);
    }
    const sum = (figure: (instance: Instance) => number): number =>
      instances.reduce((total, instance) => total + figure(instance), 0);
    const keys = new Set(instances.flatMap((each) => [...each.keys.values()].map(({ logId }) => logId)));
    return {
      ...this.#figures,
      findings: this.#findings,
      unasked: [...unasked, ...this.#asking.unasked],
      instances: instances.length,
      shards: main ? placedTrees(main.view) : [],
      lengthsSeen: sum(({ view, several, signedAnew, heads }) => {
        const inactive = several ? [] : view.trees.slice(0, -1);
        return inactive.filter(({ treeId }) => heads.has(treeId) && !signedAnew.has(treeId)).length;
      }),
      lengthsSignedAnew: sum(({ several, signedAnew }) => (several ? 0 : signedAnew.size)),
      boundaries: sum(({ view }) => view.trees.length - 1),
      boundariesRead: sum((instance) => boundariesRead(instance, ends.get(instance))),
      keys: keys.size,
      notes: sum(({ view }) => view.trees.length),
      notesProven: sum(({ heads }) => heads.size),
      checkpoints: this.#input.checkpoints.length,
      handovers: this.#handovers,
      compared: this.#places.compared,
      notCompared: this.#places.notCompared,
    };
  }

  /** The one that is read: the first whose ends are as they must be, and that serves most shards. */
  #mainOf(instances: readonly Instance[]): Instance | undefined {
    const single = instances.filter((instance) => this.#meeting.ends.has(instance));
    const reference = referenceOf(single.map(({ view }) => view));
    const isSound = ({ view, shards }: Instance): boolean => shards.length === view.trees.length;
    return (
      single.find((one) => isSound(one) && reference?.trees.length === one.view.trees.length) ??
      single.find(({ view }) => view === reference)
    );
  }

  /** Entries of an index under which two processes look for different leaves, where the lists of both may be right. */
  async #compareIndexes(instances: readonly Instance[]): Promise<void> {
    const reference = referenceOf(instances.map(({ view }) => view));
    const fitting = instances.filter(
      ({ view, several }) => reference && !several && isEarlier(view, reference),
    );
    for (const instance of fitting) {
      for (const { first, last } of this.#meeting.ends.get(instance)?.values() ?? []) {
        for (const entry of [first, last]) if (entry) this.#see(instance, entry);
      }
    }
    for (const [position, one] of fitting.entries()) {
      for (const other of fitting.slice(position + 1)) {
        const index = firstContested(one.view, other.view);
        if (index === undefined) continue;
        const indexes = Array.from({ length: MOST_AT_ONCE }, (_, more) => index + more);
        for (const instance of [one, other]) {
          const place = { address: instance.address, where: `Indexes from ${index} on` };
          await this.#asking.of(instance, async () => {
            const { signal } = this.#input;
            const entries = await proving(this.#findings, place, () =>
              instance.log.entriesAt(indexes, signal),
            );
            for (const entry of entries ?? []) {
              if (entry && !(entry instanceof NotProven)) this.#see(instance, entry);
            }
          });
        }
      }
    }
  }

  #see({ address }: Instance, { logIndex, treeId, proof, uuid }: LogEntry): void {
    this.#findings.add(
      ...this.#places.see({ index: logIndex, treeId, leaf: proof.leafIndex, uuid, address }),
    );
  }

  /** Times and handovers, by the ends of the shards. */
  #judgeEnds(main: Instance): void {
    const ends = this.#meeting.ends.get(main);
    const times = placedTrees(main.view).flatMap(({ treeId }) => {
      const { shard, first, last } = ends?.get(treeId) ?? {};
      return shard && first && last
        ? [
            {
              treeId,
              firstIndex: shard.firstIndex,
              firstTime: first.integratedTime,
              lastTime: last.integratedTime,
            },
          ]
        : [];
    });
    this.#figures.neighboursCompared = Math.max(times.length - 1, 0);
    this.#findings.add(...disorderOfTimes(main.address, times, this.#input.clockDifferenceMs));
    const handing = main.view.trees.map(({ treeId, live, root }) => {
      const first = ends?.get(treeId)?.first;
      const end = { treeId, size: live, rootHash: root };
      return {
        treeId,
        endDigest: createHash('sha256').update(handoverText(end)).digest('hex'),
        firstDigest: first ? digestIn(first.body) : null,
      };
    });
    this.#endDigests = new Set(handing.map(({ endDigest }) => endDigest));
    this.#handovers = handoverChain(main.address, handing);
    this.#findings.add(...this.#handovers.findings);
  }

  async #readEntries(main: Instance): Promise<void> {
    const { sample, reading, random = Math.random, signal, onProgress } = this.#input;
    const usable = new Map(main.shards.map((shard) => [shard.treeId, shard]));
    const runs = wholeRuns(placedTrees(main.view), reading).flatMap(({ tree, from, end }) => {
      const shard = usable.get(tree.treeId);
      return shard ? [{ shard, from, end }] : [];
    });
    const samples = new Map(
      main.shards.map((shard) => [shard, new Set(sampleLeaves(shard.size, sample, random))]),
    );
    const sampled = [...samples].flatMap(([shard, leaves]) =>
      [...leaves].map((leafIndex) => ({ shard, leafIndex })),
    );
    const others = runs.map(({ shard, from, end }) => {
      const within = [...(samples.get(shard) ?? [])].filter((leaf) => leaf >= from && leaf < end);
      return end - from - within.length;
    });
    const total = others.reduce((sum, count) => sum + count, sampled.length);
    const parts = {
      ...{ instance: main, findings: this.#findings, places: this.#places, signal },
      onRead: (entries: number) => {
        this.#figures.entriesRead += entries;
        onProgress?.(this.#figures.entriesRead, total);
      },
    };
    const searched = new SearchedEntries();
    this.#figures.entriesByEveryPath = await readByEveryPath(sampled, parts, (entry) => {
      const { treeId, logIndex, entryId, body } = entry;
      const digest = digestIn(body);
      // No index knows a handover, for it is not written through Rekor.
      if (digest !== null && !this.#endDigests.has(digest))
        searched.offer({ treeId, logIndex, entryId, digest });
    });
    for (const run of runs) await readByIndex(leavesOf(run, samples.get(run.shard) ?? new Set()), parts);
    const chosen = searched.chosen(main.view.trees.map(({ treeId }) => treeId));
    Object.assign(this.#figures, await askSearchIndex(main, chosen, this.#findings, signal));
  }

  /** The heads that were signed: all of the instances, those that were kept, and those of now; some of those beside entries. */
  async #proveGrowth(main: Instance, instances: readonly Instance[]): Promise<void> {
    const { checkpoints, signal } = this.#input;
    for (const instance of instances) {
      for (const [treeId, head] of instance.heads) {
        // What another key has signed says nothing of this tree, and is found already.
        if (instance.keys.get(treeId)?.logId !== main.keys.get(treeId)?.logId) continue;
        this.#seeHead(instance.address, treeId, head);
      }
    }
    for (const { treeId, heads } of main.shards) {
      for (const head of spread(heads, MOST_OF_ENTRIES)) this.#seeHead(main.address, treeId, head);
    }
    const kept = (await proveKept(main, checkpoints, this.#findings, signal)).filter(({ treeId, head }) =>
      this.#seeHead(main.address, treeId, head),
    );
    const again = await settled(() => this.#meetAgain(main), main.log, signal);
    this.#findings.add(...again.findings.kept);
    for (const [treeId, head] of again.instance.heads) this.#seeHead(main.address, treeId, head);
    const { proofs, proven } = await proveGrowth(main, this.#heads, this.#findings, signal);
    this.#figures.consistencyProofs = proofs;
    // Without a head of the log itself there is nothing that they could be compared with.
    this.#figures.checkpointsProven = kept.filter(
      ({ treeId }) => proven.has(treeId) && main.heads.has(treeId),
    ).length;
    const activeOf = ({ view }: Instance): TreeId | undefined => view.trees.at(-1)?.treeId;
    this.#figures.rotatedMeanwhile = activeOf(again.instance) !== activeOf(main);
  }

  /** What the address that was read serves at the end. */
  async #meetAgain({ log, optional }: Instance): Promise<{ instance: Instance; findings: Findings }> {
    const { signal } = this.#input;
    const findings = new Findings();
    const instance = await meet({ log, fresh: log, optional }, findings, signal);
    findings.add(...disagreements([viewOf(log.url, await log.trees(signal), findings)]));
    return { instance, findings };
  }

  /** Whether it contradicts no other head. */
  #seeHead(address: string, treeId: TreeId, head: Parameters<TreeHeads['see']>[0]): boolean {
    const heads = this.#heads.get(treeId) ?? new TreeHeads(treeId);
    this.#heads.set(treeId, heads);
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

/** So many of them, the first and the last among them. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, position) => items[Math.round(position * step)]).flatMap(
    (item) => item ?? [],
  );
}
