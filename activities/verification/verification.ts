import { entries } from '../../workflows/model/counted';
import { isYounger } from '../../workflows/model/drain';
import type { Shard, TreeId } from '../../workflows/model/log';
import type { VerificationReport } from '../../workflows/model/rotation';
import type { PemFile } from '../clients/authorities';
import type { ConfiguredAddress } from '../clients/connection-failure';
import { refuse } from '../errors/refusal-error';
import { concurrently } from './concurrently';
import { proveLeaf, type ProvenEntry } from './entry-reading';
import { LogReader, type TreeAnswer } from './log-reader';
import { NotProven, prove } from './not-proven';
import { type ExpectedShards, type LogIdentity, rehearse } from './rehearsal';
import { sampleLeaves } from './sample';
import { proveShardList, proveTreeHead, ServedShard } from './served-shard';

/** Leaves that are read at a time. */
const concurrency = 8;

/** Where a log is served, and which field of the configuration says so. */
export type LogAddress = Pick<ConfiguredAddress, 'url' | 'field'>;

/** What an address is expected to serve. */
export interface VerificationTarget {
  /** The public address, or that of one instance. */
  readonly address: LogAddress;
  readonly activeTreeId: TreeId;
  /** In served order, with their final lengths. */
  readonly inactive: readonly Shard[];
  /** Final roots of those inactive trees whose root is known; lower-case hex. */
  readonly rootHashes?: Readonly<Record<TreeId, string>>;
  /** Merkle leaf hash, lower-case hex, that must be the active tree's leaf 0. */
  readonly handoverLeafHash?: string;
  /** Random entries of each shard, besides its first and last. */
  readonly sampleEntries: number;
  /** Numbers in [0, 1); Math.random unless told otherwise. */
  readonly random?: () => number;
}

export interface LogVerifier {
  /**
   * Proves what the address serves: the shard list, every checkpoint, and of each shard its first, last and random
   * entries by index, entry id and UUID, each twice: by this folder's code and by `@sigstore/verify`.
   * The active tree may grow meanwhile: its last entry is that of the beginning, and each head seen later
   * is proven to extend the ones before. Refuses VERIFICATION_FAILED, naming shard, index and reason, or
   * REKOR_UNREACHABLE; throws the signal's reason when it is aborted.
   *
   * The keys are the log's own word (`GET /api/v1/log/publicKey`): that they are the ones clients trust is for
   * the reader of the plan to say. Lengths are proven of the process that answered: behind an address
   * with several processes, verify each instance too (H29).
   */
  verify(target: VerificationTarget, signal: AbortSignal): Promise<VerificationReport>;
  /**
   * Makes each kind of request that `verify` makes, over the same connections, and says who signs there. With the shards
   * that are expected it proves their heads and the newest entry. Refuses as `verify` does.
   */
  rehearse(
    address: LogAddress,
    expected: ExpectedShards | undefined,
    signal: AbortSignal,
  ): Promise<LogIdentity>;
}

export interface VerifierOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** Who may sign for an https address. */
  readonly authorities?: PemFile | undefined;
  /** How far the clocks of two signers may be apart: integration times are compared across shards. Milliseconds. */
  readonly clockDifferenceMs: number;
}

/** The verifier of one log. It shares no code with the Rekor client that the rotation itself uses. */
export function logVerifier(options: VerifierOptions): LogVerifier {
  const { log, authorities } = options;
  async function reading<Result>(
    address: LogAddress,
    read: (reader: LogReader) => Promise<Result>,
  ): Promise<Result> {
    const reader = new LogReader(log, { ...address, authorities });
    try {
      return await read(reader);
    } finally {
      await reader.close();
    }
  }
  return {
    verify: (target, signal) =>
      reading(target.address, (reader) => new Verification(options, target, reader, signal).run()),
    rehearse: (address, expected, signal) =>
      reading(address, (reader) =>
        named(`What ${log} serves at ${address.url}`, () => rehearse(reader, expected, signal)),
      ),
  };
}

/** Says of what a thing could not be proven, in the words of the catalogue. */
async function named<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotProven) {
      throw refuse('VERIFICATION_FAILED', { what, reason: error.words }, error);
    }
    throw error;
  }
}

class Verification {
  readonly #where: string;
  readonly #clockDifferenceMs: number;
  readonly #target: VerificationTarget;
  readonly #reader: LogReader;
  readonly #signal: AbortSignal;

  constructor(
    { log, clockDifferenceMs }: VerifierOptions,
    target: VerificationTarget,
    reader: LogReader,
    signal: AbortSignal,
  ) {
    this.#where = `${log} at ${target.address.url}`;
    this.#clockDifferenceMs = clockDifferenceMs;
    this.#target = target;
    this.#reader = reader;
    this.#signal = signal;
  }

  async run(): Promise<VerificationReport> {
    const shards = await this.#proveShards();
    const proven = await this.#proveEntries(shards);
    const active = shards.at(-1);
    if (active !== undefined) {
      await this.#proveBeginning(active, proven);
      await this.#proveNoOverlap(shards, proven);
    }
    await this.#proveShardsAgain(shards);
    return report(shards, proven);
  }

  /** The shard list and the head of each tree. */
  async #proveShards(): Promise<ServedShard[]> {
    const { inactive } = this.#target;
    const shards: ServedShard[] = [];
    let firstIndex = 0;
    for (const tree of await this.#readTrees()) {
      const expected = inactive[shards.length];
      const shard = await this.#name(titleOf(tree.treeId, expected === undefined), async () => {
        const key = await this.#reader.logKey(tree.treeId, this.#signal);
        const head = proveTreeHead(tree, key);
        if (expected) {
          this.#proveEnd(expected, head.size, head.root.toString('hex'));
        }
        return new ServedShard({ treeId: tree.treeId, firstIndex, key }, head, expected === undefined);
      });
      shards.push(shard);
      firstIndex += shard.size;
    }
    return shards;
  }

  /** The trees that the address serves, inactive ones in order, then the active one; proven to be the expected ones. */
  async #readTrees(): Promise<readonly TreeAnswer[]> {
    const { activeTreeId, inactive } = this.#target;
    return this.#name('The shard list', async () => {
      const answer = await this.#reader.log(this.#signal);
      proveShardList(answer, activeTreeId, inactive);
      return [...answer.inactive, answer.active];
    });
  }

  #proveEnd(expected: Shard, size: number, root: string): void {
    prove(size === expected.length, `it has ${entries(size)}, not ${expected.length}`);
    const known = this.#target.rootHashes?.[expected.treeId];
    prove(known === undefined || known === root, `its root is ${root}, not ${known ?? ''}`);
  }

  /**
   * The sampled entries of all shards. First and last are always among them, by virtual index: so on both sides of
   * each boundary N the index N-1 is proven to be the last leaf of the one shard, and N the first of the next.
   */
  async #proveEntries(shards: readonly ServedShard[]): Promise<ProvenShards> {
    const { sampleEntries, random = Math.random } = this.#target;
    const proven = new Map(shards.map((shard) => [shard.treeId, new Map<number, ProvenEntry>()]));
    const leaves = shards.flatMap((shard) =>
      sampleLeaves(shard.size, sampleEntries, random).map((leaf) => ({ shard, leaf })),
    );
    await concurrently(leaves, concurrency, this.#signal, async ({ shard, leaf }, signal) => {
      const what = `Index ${shard.firstIndex + leaf} (leaf ${leaf} of tree ${shard.treeId})`;
      const entry = await this.#name(what, () => proveLeaf(this.#reader, shards, shard, leaf, signal));
      proven.get(shard.treeId)?.set(leaf, entry);
    });
    return proven;
  }

  /**
   * The heads once more, after all entries: what grew meanwhile is proven to be appended, and a second process
   * behind the address that loaded other lengths may show itself (H29).
   */
  async #proveShardsAgain(shards: readonly ServedShard[]): Promise<void> {
    for (const [position, tree] of (await this.#readTrees()).entries()) {
      const shard = shards[position];
      if (shard) {
        await this.#name(titleOf(shard.treeId, shard.isActive), async () => {
          shard.see(proveTreeHead(tree, shard.key));
          await shard.proveAppendOnly(this.#reader, this.#signal);
        });
      }
    }
  }

  /** The handover where it is expected; and nothing but a new first leaf after the end of an empty active tree. */
  async #proveBeginning(active: ServedShard, proven: ProvenShards): Promise<void> {
    await this.#name(titleOf(active.treeId, true), () => {
      const { handoverLeafHash } = this.#target;
      const first = proven.get(active.treeId)?.get(0)?.entry.uuid;
      prove(
        handoverLeafHash === undefined || first === handoverLeafHash,
        `its first leaf is ${first ?? 'missing'}, not the handover ${handoverLeafHash ?? ''}`,
      );
    });
    if (active.size === 0) {
      await this.#name(`Index ${active.firstIndex} after the last entry`, async () => {
        const entry = await this.#reader.entryAt(active.firstIndex, this.#signal);
        const isNew = entry?.treeId === active.treeId && entry.proof.leafIndex === 0;
        prove(entry === null || isNew, `the tree is empty, but entry ${entry?.entryId ?? ''} answers`);
      });
    }
  }

  /**
   * Two trees that took writes at once leave one lasting trace: an entry of the earlier one that is younger than
   * the first of the later one (H40). Two signers stamp them, each by its own clock: within what is configured for these, the
   * order says nothing. Only the newest boundary is judged: a flaw of an earlier, manual rotation is
   * history that no rotation can mend, and no reason to stop one.
   */
  async #proveNoOverlap(shards: readonly ServedShard[], proven: ProvenShards): Promise<void> {
    const [active, ...earlier] = [...shards].reverse();
    const before = earlier.find((shard) => shard.size > 0);
    const first = active && proven.get(active.treeId)?.get(0)?.entry;
    const last = before && proven.get(before.treeId)?.get(before.size - 1)?.entry;
    if (first && last) {
      await this.#name(`The boundary at index ${first.logIndex}`, () => {
        prove(
          !isYounger(last.integratedTime * 1000, first.integratedTime * 1000, this.#clockDifferenceMs),
          `the last entry of tree ${last.treeId} (${iso(last)}) is younger than the first of tree ` +
            `${first.treeId} (${iso(first)}): both took writes at once, or the clocks of the signers are further ` +
            `apart than clockDifference says (${this.#clockDifferenceMs} ms)`,
        );
      });
    }
  }

  #name<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> {
    return named(`${what} of ${this.#where}`, work);
  }
}

/** By tree id, then by leaf index. */
type ProvenShards = ReadonlyMap<TreeId, Map<number, ProvenEntry>>;

function titleOf(treeId: TreeId, isActive: boolean): string {
  return `${isActive ? 'Active tree' : 'Inactive shard'} ${treeId}`;
}

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
