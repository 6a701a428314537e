import { createHash } from 'node:crypto';
import { handoverText } from '../activities/handover';
import type { LogEntry } from '../activities/verification/log-entry';
import type { LogKey } from '../activities/verification/log-key';
import { NotProven } from '../activities/verification/not-proven';
import { sampleLeaves } from '../activities/verification/sample';
import { Asking } from './asking';
import { MOST_AT_ONCE } from './audited-log';
import { boundariesRead } from './boundaries';
import { leavesOf, readByEveryPath, readByIndex } from './entries';
import { auditGrowth } from './growth';
import { type AuditedAddress, type Instance, proving } from './instance';
import type { KeptCheckpoint } from './kept-checkpoints';
import { digestIn } from './leaf-digest';
import { meetAll, type Meeting } from './meeting';
import { isEarlier, referenceOf } from './model/agreement';
import { type Reading, wholeRuns } from './model/chosen-leaves';
import { EntryPlaces } from './model/entry-places';
import type { Audit } from './model/facts';
import type { Findings } from './model/finding';
import { handoverChain, type HandoverChain } from './model/handovers';
import { SearchedEntries } from './model/searched-entries';
import { disorderOfTimes } from './model/times';
import { firstContested, placedTrees } from './model/view';
import { askSearchIndex } from './search-index';

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

class Auditing {
  readonly #input: AuditInput;
  readonly #meeting: Meeting;
  readonly #findings: Findings;
  readonly #asking: Asking;
  readonly #places = new EntryPlaces();
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
      await this.#asking.of(main, async () => {
        const { checkpoints, signal } = this.#input;
        Object.assign(
          this.#figures,
          await auditGrowth(main, { instances, checkpoints, findings: this.#findings, signal }),
        );
      });
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
}
