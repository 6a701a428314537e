import { entries } from '../../workflows/model/counted';
import { isYounger } from '../../workflows/model/drain';
import type { Shard, TreeId } from '../../workflows/model/log';
import type { ProvenAddress, VerificationReport } from '../../workflows/model/evidence';
import { concurrently } from './concurrently';
import { indexOf, proveLeaf, type ProvenEntry, readLeaf } from './entry-reading';
import { findingAt, type OnFinding, type Place } from './finding';
import type { TreeAnswer } from './log-api';
import type { LogReader } from './log-reader';
import { NotProven, prove } from './not-proven';
import { sampleLeaves } from './sample';
import { servedEvidence } from './served-evidence';
import { proveShardList, proveTreeHead, ServedShard } from './served-shard';
import type { VerificationTarget } from './target';

/** Leaves that are read at a time. */
const concurrency = 8;

/** What of a log's configuration a verification goes by. */
export interface LogTerms {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** How far the clocks of two signers may be apart: integration times are compared across shards. Milliseconds. */
  readonly clockDifferenceMs: number;
}

interface VerificationParts {
  readonly terms: LogTerms;
  readonly target: VerificationTarget;
  readonly reader: LogReader;
  readonly onFinding: OnFinding;
  readonly signal: AbortSignal;
}

/** One verification of what an address serves; `verification.ts` says what is proven. */
export class LogVerification {
  readonly #parts: VerificationParts;
  /** As one text each. */
  readonly #told = new Set<string>();

  constructor(parts: VerificationParts) {
    this.#parts = parts;
  }

  async run(): Promise<ProvenAddress> {
    const shards = await this.#proveShards();
    const proven = await this.#proveEntries(shards);
    const active = shards.find(({ isActive }) => isActive);
    if (active) {
      await this.#proveBeginning(active, proven);
    }
    await this.#proveNoOverlaps(shards, proven);
    await this.#proveShardsAgain(shards);
    const served = servedEvidence(shards, (treeId, leafIndex) => proven.get(treeId)?.get(leafIndex)?.entry);
    return { ...report(shards, proven), ...(served && { served }) };
  }

  /**
   * The shard list and the head of each tree. Entries are measured by the length that a shard should have: one that the
   * process has loaded otherwise shifts every index behind it.
   */
  async #proveShards(): Promise<ServedShard[]> {
    const { inactive } = this.#parts.target;
    const shards: ServedShard[] = [];
    let firstIndex = 0;
    for (const { tree, isActive } of await this.#readTrees()) {
      const { treeId } = tree;
      const expected = isActive ? undefined : inactive.find((shard) => shard.treeId === treeId);
      const size = expected?.length ?? tree.size;
      const place = this.#placeOf(treeId, isActive);
      const key = await this.#prove(place, () => this.#parts.reader.logKey(treeId, this.#parts.signal));
      if (key) {
        const shard = new ServedShard({ treeId, firstIndex, key }, size, isActive, tree.checkpoint);
        shards.push(shard);
        await this.#prove(place, () => {
          this.#proveKey(treeId, key.logId);
          const head = proveTreeHead(tree, key);
          if (expected) {
            this.#proveEnd(expected, head.size, head.root.toString('hex'));
          }
          shard.see(head);
        });
      }
      firstIndex += size;
    }
    return shards;
  }

  /** The trees that the address serves, inactive ones in order, then the active one; proven to be the expected ones. */
  async #readTrees(): Promise<readonly { readonly tree: TreeAnswer; readonly isActive: boolean }[]> {
    const { activeTreeId, inactive } = this.#parts.target;
    const place = this.#place('The shard list');
    const answer = await this.#prove(place, () => this.#parts.reader.log(this.#parts.signal));
    if (!answer) {
      return [];
    }
    await this.#prove(place, () => {
      proveShardList(answer, activeTreeId, inactive);
    });
    return [
      ...answer.inactive.map((tree) => ({ tree, isActive: false })),
      { tree: answer.active, isActive: true },
    ];
  }

  #proveKey(treeId: TreeId, logId: string): void {
    const known = this.#parts.target.logIds?.[treeId];
    prove(
      known === undefined || known === logId,
      'KEY_DIFFERS',
      `it is signed with the key ${logId}, not with ${known ?? ''}`,
    );
  }

  #proveEnd(expected: Shard, size: number, root: string): void {
    prove(size === expected.length, 'LENGTH_DIFFERS', `it has ${entries(size)}, not ${expected.length}`);
    const known = this.#parts.target.rootHashes?.[expected.treeId];
    prove(known === undefined || known === root, 'ROOT_DIFFERS', `its root is ${root}, not ${known ?? ''}`);
  }

  /**
   * The sampled entries of all shards. First and last are always among them, by virtual index: so on both sides of
   * each boundary N the index N-1 is proven to be the last leaf of the one shard, and N the first of the next.
   */
  async #proveEntries(shards: readonly ServedShard[]): Promise<ProvenShards> {
    const { sampleEntries, random = Math.random } = this.#parts.target;
    const proven = new Map(shards.map((shard) => [shard.treeId, new Map<number, ProvenEntry>()]));
    const leaves = shards.flatMap((shard) =>
      sampleLeaves(shard.size, sampleEntries, random).map((leafIndex) => ({ shard, leafIndex })),
    );
    await concurrently(leaves, concurrency, this.#parts.signal, async (leaf, signal) => {
      const { treeId } = leaf.shard;
      const index = indexOf(leaf);
      const what = `Index ${index} (leaf ${leaf.leafIndex} of tree ${treeId})`;
      const place = this.#place(what, { shard: treeId, index });
      const entry = await this.#prove(place, () => readLeaf(this.#parts.reader, leaf, signal));
      if (entry) {
        const proof = await this.#prove({ ...place, entry: entry.entryId }, () =>
          proveLeaf(this.#parts.reader, shards, leaf, entry, signal),
        );
        if (proof) {
          proven.get(treeId)?.set(leaf.leafIndex, proof);
        }
      }
    });
    return proven;
  }

  /**
   * The heads once more, after all entries: what grew meanwhile is proven to be appended, and a second process
   * behind the address that loaded other lengths may show itself (H29).
   */
  async #proveShardsAgain(shards: readonly ServedShard[]): Promise<void> {
    for (const { tree } of await this.#readTrees()) {
      const shard = shards.find(({ treeId }) => treeId === tree.treeId);
      if (shard) {
        const place = this.#placeOf(shard.treeId, shard.isActive);
        await this.#prove(place, () => {
          shard.see(proveTreeHead(tree, shard.key));
        });
        await this.#prove(place, () => shard.proveAppendOnly(this.#parts.reader, this.#parts.signal));
      }
    }
  }

  /** The handover where it is expected; and nothing but a new first leaf after the end of an empty active tree. */
  async #proveBeginning(active: ServedShard, proven: ProvenShards): Promise<void> {
    const { treeId: shard, firstIndex: index, size } = active;
    const { handoverLeafHash } = this.#parts.target;
    const first = proven.get(shard)?.get(0)?.entry.uuid;
    // One that could not be proven has been found already.
    if (size === 0 || first !== undefined) {
      await this.#prove(this.#placeOf(shard, true), () => {
        prove(
          handoverLeafHash === undefined || first === handoverLeafHash,
          'HANDOVER_DIFFERS',
          `its first leaf is ${first ?? 'missing'}, not the handover ${handoverLeafHash ?? ''}`,
        );
      });
    }
    if (size === 0) {
      await this.#prove(this.#place(`Index ${index} after the last entry`, { shard, index }), async () => {
        const entry = await this.#parts.reader.entryAt(index, this.#parts.signal);
        const isNew = entry?.treeId === shard && entry.proof.leafIndex === 0;
        const reason = `the tree is empty, but entry ${entry?.entryId ?? ''} answers`;
        prove(entry === null || isNew, 'ENTRY_AFTER_END', reason);
      });
    }
  }

  /**
   * Two trees that took writes at once leave one lasting trace: an entry of the earlier one that is younger than
   * the first of the later one (H40). Two signers stamp them, each by its own clock: within what is configured for these, the
   * order says nothing.
   */
  async #proveNoOverlaps(shards: readonly ServedShard[], proven: ProvenShards): Promise<void> {
    const filled = shards.filter(({ size }) => size > 0);
    for (const [position, after] of filled.entries()) {
      const before = filled[position - 1];
      const first = proven.get(after.treeId)?.get(0)?.entry;
      const last = before && proven.get(before.treeId)?.get(before.size - 1)?.entry;
      if (first && last) {
        const place = { shard: after.treeId, index: first.logIndex, entry: first.entryId };
        await this.#prove(this.#place(`The boundary at index ${first.logIndex}`, place), () => {
          prove(
            !isYounger(
              last.integratedTime * 1000,
              first.integratedTime * 1000,
              this.#parts.terms.clockDifferenceMs,
            ),
            after.isActive ? 'OVERLAP' : 'EARLIER_OVERLAP',
            `the last entry of tree ${last.treeId} (${iso(last)}) is younger than the first of tree ` +
              `${first.treeId} (${iso(first)}): both took writes at once, or the clocks of the signers are further ` +
              `apart than clockDifference says (${this.#parts.terms.clockDifferenceMs} ms)`,
          );
        });
      }
    }
  }

  #place(what: string, details: Omit<Place, 'where'> = {}): Place {
    const { terms, target } = this.#parts;
    return { where: `${what} of ${terms.log} at ${target.address.url}`, ...details };
  }

  #placeOf(treeId: TreeId, isActive: boolean): Place {
    return this.#place(`${isActive ? 'Active tree' : 'Inactive shard'} ${treeId}`, { shard: treeId });
  }

  /** The result of a proof; undefined when it does not hold and the verification goes on all the same. */
  async #prove<Result>(place: Place, proof: () => Result | Promise<Result>): Promise<Result | undefined> {
    try {
      return await proof();
    } catch (error) {
      if (!(error instanceof NotProven)) {
        throw error;
      }
      const finding = findingAt(place, error);
      const text = JSON.stringify(finding);
      if (!this.#told.has(text)) {
        this.#told.add(text);
        this.#parts.onFinding(finding, error);
      }
      return undefined;
    }
  }
}

/** By tree id, then by leaf index. */
type ProvenShards = ReadonlyMap<TreeId, Map<number, ProvenEntry>>;

function iso(entry: { readonly integratedTime: number }): string {
  return new Date(entry.integratedTime * 1000).toISOString();
}

function report(shards: readonly ServedShard[], proven: ProvenShards): VerificationReport {
  const entries = [...proven.values()].flatMap((shard) => [...shard.values()]);
  return {
    entriesVerified: entries.length,
    proofsVerified: entries.reduce((sum, entry) => sum + entry.proofs, 0),
    checkpointsVerified: shards.reduce((sum, shard) => sum + shard.headsSeen, 0),
    shards: shards.map((shard) => ({
      treeId: shard.treeId,
      length: shard.size,
      entriesVerified: proven.get(shard.treeId)?.size ?? 0,
    })),
    withoutBundle: entries.filter((entry) => !entry.asBundle).length,
  };
}
