import { createHash } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { TreeRow } from '../../activities/tree-queue/tree-queue';
import type { TreeId, TreeState } from '../../workflows/model/log';
import type { Random } from '../random';
import type { VirtualTime, Waiting } from '../virtual-time';

/** Trillian said no. */
export class TrillianSaysNo extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.name = 'TrillianSaysNo';
    this.code = code;
  }
}

export interface Leaf {
  readonly value: Buffer;
  readonly extraData: Buffer;
  readonly identity: string;
  /** Merkle leaf hash, lower-case hex: Rekor's UUID. */
  readonly uuid: string;
  queuedAt: number;
  /** Since when it is in the tree; undefined while it is queued. */
  integratedAt?: number;
}

/** The columns that UpdateTree reads together and writes together. */
interface Row {
  state: TreeState;
  readonly displayName: string;
  description: string;
  /** Whole milliseconds, as the real one stores them. */
  updatedAtMs: number;
}

export interface SimulatedTree {
  readonly treeId: TreeId;
  row: Row;
  deleted: boolean;
  initialised: boolean;
  readonly leaves: Leaf[];
  readonly byUuid: Map<string, number>;
  readonly roots: string[];
  queue: Leaf[];
  readonly byIdentity: Map<string, Leaf>;
  /** When its signer first takes it on; undefined before it was first seen. */
  masteredAt: number | undefined;
  passing: boolean;
  /** Its next pass. */
  planned: Waiting | undefined;
  countedUntil: number;
  runs: number;
  added: number;
  /** Calls to run at each integration. */
  readonly waiting: Set<() => void>;
}

export interface TrillianParts {
  readonly time: VirtualTime;
  readonly random: Random;
  /** A tree was made, or its state changed; `by` says who asked for it. */
  readonly onState: (tree: SimulatedTree, before: TreeState | undefined, by: string) => void;
}

/** How slow the database is now: these races are milliseconds wide on a fast one. */
export interface Slowness {
  /** A QueueLeaf takes so long between its look at the state and its commit, in milliseconds. */
  queueLeafMs: readonly [number, number];
  passMs: readonly [number, number];
  updateMs: readonly [number, number];
}

const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SIGNER_INTERVAL_MS = 100;
/** A tree that is first seen enters an election after a pause below this (trillian: util/election). */
const ELECTION_PAUSE_MS = 1_000;

/**
 * Trillian's log server, signer and database, with the races that were measured of the real ones: a QueueLeaf looks at
 * the state and commits later; a signer pass does, too; UpdateTree reads a row and writes all of it back. A root here is a
 * chain of hashes, not a Merkle tree: two trees with other leaves have other roots, and nobody here checks a proof.
 */
export class SimulatedTrillian {
  readonly trees = new Map<TreeId, SimulatedTree>();
  readonly slowness: Slowness = { queueLeafMs: [1, 4], passMs: [2, 12], updateMs: [0.5, 3] };
  /** QueueLeaf calls for trees of other logs, which the metrics of a log server count with ours. */
  strangersInFlight: () => number = () => 0;
  /** While it is set, a QueueLeaf that has looked at the state does not commit, as behind a lock of the leaves' table. */
  leafLock: Promise<void> | undefined;
  /** While it is set, a signer pass that has begun does not commit, as behind a lock of the sequenced leaves' table. */
  passLock: Promise<void> | undefined;
  getTreeCalls = 0;
  /** QueueLeaf calls that were answered. */
  queueLeafEnded = 0;
  #inFlight = 0;
  /** What readers of the database see while they read another one. */
  #copy: ReadonlyMap<TreeId, TreeRow> | undefined;
  /** Nothing is integrated until then. */
  #signerStoppedUntil = 0;
  #quotaExhaustedUntil = 0;
  readonly #parts: TrillianParts;

  constructor(parts: TrillianParts) {
    this.#parts = parts;
  }

  /** The quota is used up, as by the backlog of another log: leaves and InitLog are refused until then. */
  exhaustQuota(forMs: number): void {
    this.#quotaExhaustedUntil = this.#parts.time.now + forMs;
  }

  stopSigner(forMs: number): void {
    const { time } = this.#parts;
    for (const tree of this.trees.values()) {
      this.#count(tree);
    }
    this.#signerStoppedUntil = time.now + forMs;
    for (const tree of this.trees.values()) {
      tree.planned?.cancel();
      tree.planned = undefined;
      this.#planPass(tree);
    }
  }

  /** A tree as it was made and filled before the run. */
  plant(treeId: TreeId, state: TreeState, bodies: readonly string[]): void {
    const { time } = this.#parts;
    const tree = newTree(
      treeId,
      { state, displayName: '', description: '', updatedAtMs: Math.floor(time.now) },
      time.now,
    );
    tree.initialised = true;
    tree.masteredAt = time.now;
    this.trees.set(treeId, tree);
    for (const body of bodies) {
      const value = Buffer.from(body);
      const identity = createHash('sha256').update(value).digest('hex');
      const leaf: Leaf = {
        value,
        extraData: Buffer.alloc(0),
        identity,
        uuid: uuidOf(value),
        queuedAt: time.now,
      };
      tree.byIdentity.set(identity, leaf);
      integrate(tree, leaf, time.now);
    }
  }

  async createTree(displayName: string, description: string, by: string): Promise<SimulatedTree> {
    const { time, random } = this.#parts;
    await this.#work(this.slowness.updateMs);
    let treeId = '';
    do {
      treeId = (
        BigInt(random.whole(0x10_0000, 0x7fff_ffff)) * 4_294_967_296n +
        BigInt(random.whole(1, 0x7fff_ffff))
      ).toString();
    } while (this.trees.has(treeId));
    const row: Row = { state: 'ACTIVE', displayName, description, updatedAtMs: Math.floor(time.now) };
    const tree = newTree(treeId, row, time.now);
    this.trees.set(treeId, tree);
    this.#parts.onState(tree, undefined, by);
    return tree;
  }

  async initLog(treeId: TreeId): Promise<void> {
    const tree = this.#known(treeId);
    this.#charge();
    await this.#work([0.5, 2]);
    if (tree.initialised) {
      throw new TrillianSaysNo(status.ALREADY_EXISTS, 'log is already initialised');
    }
    tree.initialised = true;
  }

  /** Reads the row, and writes all of it later: what another call wrote in between is lost. Returns what it wrote. */
  async updateTree(
    treeId: TreeId,
    change: Partial<Omit<Row, 'updatedAtMs'>>,
    deadline: number,
    by: string,
  ): Promise<SimulatedTree> {
    const tree = this.#anyTree(treeId);
    const read = { ...tree.row };
    await this.#work(this.slowness.updateMs);
    if (this.#parts.time.now > deadline) {
      throw new TrillianSaysNo(status.DEADLINE_EXCEEDED, 'context deadline exceeded');
    }
    const before = tree.row.state;
    this.#count(tree);
    tree.row = { ...read, ...change, updatedAtMs: Math.floor(this.#parts.time.now) };
    if (tree.row.state !== before) {
      this.#parts.onState(tree, before, by);
    }
    this.#planPass(tree);
    return tree;
  }

  async queueLeaf(
    treeId: TreeId,
    leaf: { readonly value: Buffer; readonly identity: string; readonly extraData?: Buffer },
    deadline: number,
    takesMs: readonly [number, number] = this.slowness.queueLeafMs,
  ): Promise<'queued' | 'duplicate'> {
    const { time } = this.#parts;
    this.#inFlight += 1;
    try {
      const tree = this.#known(treeId);
      this.#charge();
      const { state } = tree.row;
      if (state !== 'ACTIVE') {
        throw new TrillianSaysNo(
          status.PERMISSION_DENIED,
          `operation: QueueLog not allowed for tree type: LOG state: ${state}`,
        );
      }
      this.#requireInitialised(tree);
      await this.#work(takesMs);
      await this.leafLock;
      if (time.now > deadline) {
        throw new TrillianSaysNo(status.DEADLINE_EXCEEDED, 'context deadline exceeded');
      }
      if (tree.byIdentity.has(leaf.identity)) {
        return 'duplicate';
      }
      const queued: Leaf = {
        value: leaf.value,
        extraData: leaf.extraData ?? Buffer.alloc(0),
        identity: leaf.identity,
        uuid: uuidOf(leaf.value),
        queuedAt: time.now,
      };
      tree.byIdentity.set(leaf.identity, queued);
      tree.queue.push(queued);
      this.#planPass(tree);
      return 'queued';
    } finally {
      this.#inFlight -= 1;
      this.queueLeafEnded += 1;
    }
  }

  getTree(treeId: TreeId): SimulatedTree {
    this.getTreeCalls += 1;
    return this.#anyTree(treeId);
  }

  /** Size and root. Refused for a tree that was not initialised. */
  head(treeId: TreeId): { readonly size: number; readonly rootHash: string } {
    const tree = this.#known(treeId);
    this.#requireInitialised(tree);
    return { size: tree.leaves.length, rootHash: tree.roots.at(-1) ?? EMPTY_ROOT };
  }

  leaves(treeId: TreeId, start: number, count: number): Leaf[] {
    const tree = this.#known(treeId);
    this.#requireInitialised(tree);
    return tree.leaves.slice(start, start + count);
  }

  deleteTree(treeId: TreeId): void {
    this.#known(treeId).deleted = true;
  }

  /** As its database shows it; null for a tree that it does not have. */
  row(treeId: TreeId): TreeRow | null {
    if (this.#copy) {
      return this.#copy.get(treeId) ?? null;
    }
    const tree = this.trees.get(treeId);
    return tree ? rowOf(tree) : null;
  }

  /** For so long whoever reads the database reads a copy of now, or a replica that stands still. Milliseconds. */
  readAnotherDatabase(forMs: number): void {
    this.#copy = new Map([...this.trees].map(([treeId, tree]) => [treeId, rowOf(tree)]));
    this.#parts.time.after(forMs, () => (this.#copy = undefined), null);
  }

  queueLeafInFlight(): number {
    return this.#inFlight + this.strangersInFlight();
  }

  /** What the signer's metrics tell of a tree. */
  passes(tree: SimulatedTree): { readonly runs: number; readonly added: number } {
    this.#count(tree);
    return { runs: Math.floor(tree.runs), added: tree.added };
  }

  async #work([least, most]: readonly [number, number]): Promise<void> {
    const { time, random } = this.#parts;
    await time.pass(random.between(least, most));
  }

  #anyTree(treeId: TreeId): SimulatedTree {
    const tree = this.trees.get(treeId);
    if (!tree) {
      throw new TrillianSaysNo(status.NOT_FOUND, `tree ${treeId} not found`);
    }
    return tree;
  }

  #known(treeId: TreeId): SimulatedTree {
    const tree = this.#anyTree(treeId);
    if (tree.deleted) {
      throw new TrillianSaysNo(status.NOT_FOUND, `deleted tree: ${treeId}`);
    }
    return tree;
  }

  #requireInitialised(tree: SimulatedTree): void {
    if (!tree.initialised) {
      throw new TrillianSaysNo(status.FAILED_PRECONDITION, 'tree needs initialising');
    }
  }

  #charge(): void {
    if (this.#parts.time.now < this.#quotaExhaustedUntil) {
      throw new TrillianSaysNo(status.RESOURCE_EXHAUSTED, 'quota exhausted: too many unsequenced rows');
    }
  }

  #signs(tree: SimulatedTree): boolean {
    const { state } = tree.row;
    return tree.initialised && !tree.deleted && (state === 'ACTIVE' || state === 'DRAINING');
  }

  /** Passes that found nothing are not simulated one by one: they are counted when somebody asks. */
  #count(tree: SimulatedTree): void {
    const { time } = this.#parts;
    if (this.#signs(tree) && time.now >= this.#signerStoppedUntil) {
      tree.masteredAt ??= time.now + this.#parts.random.between(50, ELECTION_PAUSE_MS);
      const from = Math.max(tree.countedUntil, tree.masteredAt, this.#signerStoppedUntil);
      if (!tree.passing && time.now > from) {
        tree.runs += (time.now - from) / SIGNER_INTERVAL_MS;
      }
    }
    tree.countedUntil = time.now;
  }

  #planPass(tree: SimulatedTree): void {
    const { time } = this.#parts;
    this.#count(tree);
    if (tree.planned || tree.passing || tree.queue.length === 0 || !this.#signs(tree)) {
      return;
    }
    const wait = SIGNER_INTERVAL_MS - ((time.now + Number(BigInt(tree.treeId) % 100n)) % SIGNER_INTERVAL_MS);
    const from = Math.max(tree.masteredAt ?? time.now, this.#signerStoppedUntil, time.now);
    tree.planned = time.after(from - time.now + wait, () => this.#pass(tree), null);
  }

  /** It looks at the state, takes what is queued, and commits later, whatever the state is by then. */
  #pass(tree: SimulatedTree): void {
    const { time, random } = this.#parts;
    tree.planned = undefined;
    if (time.now < this.#signerStoppedUntil) {
      this.#planPass(tree);
      return;
    }
    this.#count(tree);
    if (!this.#signs(tree)) {
      return;
    }
    tree.passing = true;
    const taken = tree.queue.filter((leaf) => leaf.queuedAt <= time.now);
    const [least, most] = this.slowness.passMs;
    time.after(random.between(least, most), () => void this.#commit(tree, taken), null);
  }

  async #commit(tree: SimulatedTree, taken: readonly Leaf[]): Promise<void> {
    const { time } = this.#parts;
    await this.passLock;
    tree.queue = tree.queue.filter((leaf) => !taken.includes(leaf));
    for (const leaf of taken) {
      integrate(tree, leaf, time.now);
    }
    tree.runs += 1;
    tree.added += taken.length;
    tree.countedUntil = time.now;
    tree.passing = false;
    this.#planPass(tree);
    for (const act of [...tree.waiting]) {
      act();
    }
  }
}

function newTree(treeId: TreeId, row: Row, now: number): SimulatedTree {
  return {
    treeId,
    row,
    deleted: false,
    initialised: false,
    leaves: [],
    byUuid: new Map(),
    roots: [EMPTY_ROOT],
    queue: [],
    byIdentity: new Map(),
    masteredAt: undefined,
    passing: false,
    planned: undefined,
    countedUntil: now,
    runs: 0,
    added: 0,
    waiting: new Set(),
  };
}

function rowOf({ row, queue }: SimulatedTree): TreeRow {
  return { state: row.state, updatedAtMs: row.updatedAtMs, queued: queue.length };
}

function integrate(tree: SimulatedTree, leaf: Leaf, now: number): void {
  leaf.integratedAt = now;
  tree.byUuid.set(leaf.uuid, tree.leaves.length);
  tree.leaves.push(leaf);
  tree.roots.push(sha256(`${tree.roots.at(-1) ?? ''}${leaf.uuid}`));
}

/** RFC 6962, section 2.1: a leaf is hashed behind a zero byte. */
export function uuidOf(value: Buffer): string {
  return createHash('sha256')
    .update(Buffer.from([0]))
    .update(value)
    .digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
