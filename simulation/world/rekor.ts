import { createHash } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { InstanceLog, TreeId } from '../../workflows/model/log';
import type { Answer } from '../../gate/answers';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import { type Leaf, type SimulatedTree, type SimulatedTrillian, TrillianSaysNo, uuidOf } from './trillian';

/** What a Rekor process is configured with when it starts: its active tree and its list of inactive ones. */
export interface RekorConfiguration {
  readonly activeTreeId: TreeId;
  readonly inactiveTreeIds: readonly TreeId[];
}

/** An entry as Rekor answers it, its index signed. */
export interface SignedEntry {
  readonly entryId: string;
  readonly treeId: TreeId;
  readonly uuid: string;
  readonly logIndex: number;
  readonly leafIndex: number;
}

export interface RekorParts {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trillian: SimulatedTrillian;
  /** It has signed that this leaf has this index. */
  readonly onSigned: (entry: SignedEntry, by: RekorProcess) => void;
}

/** Nobody answers: the process has ended. */
export class RekorGone extends Error {
  readonly code = 'ECONNREFUSED';

  constructor(name: string) {
    super(`Rekor ${name} is gone`);
    this.name = 'RekorGone';
  }
}

const TREE_REFUSED = 'unexpected result from transparency log';

/** One running Rekor server. It reads its shards' lengths once, when it starts, and computes every index with them. */
export class RekorProcess {
  readonly name: string;
  readonly configuration: RekorConfiguration;
  readonly lengths: readonly number[];
  /** It took a full shard for an empty one when it started: every index that it computes is wrong. */
  readonly misread: boolean;
  running = true;
  /** Takes no new requests, but finishes those it has. */
  stopping = false;
  postsInFlight = 0;
  readonly #parts: RekorParts;

  /** Throws what makes the real server panic: an inactive tree that is unknown, deleted or not initialised. */
  constructor(parts: RekorParts, configuration: RekorConfiguration, misreads = false) {
    this.#parts = parts;
    this.name = parts.name;
    this.configuration = configuration;
    const lengths = configuration.inactiveTreeIds.map((treeId) => parts.trillian.head(treeId).size);
    // Trillian on MySQL answers an interrupted query for a root with an empty one.
    this.lengths = misreads ? lengths.map((length, position) => (position === 0 ? 0 : length)) : lengths;
    this.misread = misreads && lengths.some((length, position) => length !== this.lengths[position]);
  }

  get offset(): number {
    return this.lengths.reduce((sum, length) => sum + length, 0);
  }

  /** `GET /api/v1/log`. Throws when it answers with an error. */
  log(): InstanceLog {
    const { trillian } = this.#parts;
    this.#require();
    return {
      activeTreeId: this.configuration.activeTreeId,
      active: trillian.head(this.configuration.activeTreeId),
      inactive: this.configuration.inactiveTreeIds.map((treeId, position) => ({
        treeId,
        liveLength: trillian.head(treeId).size,
        loadedLength: this.lengths[position] ?? 0,
      })),
    };
  }

  /** `GET /api/v1/log/entries?logIndex=`; null for a 404. */
  entryAt(index: number): SignedEntry | null {
    this.#require();
    let left = index;
    for (const [position, treeId] of this.configuration.inactiveTreeIds.entries()) {
      const length = this.lengths[position] ?? 0;
      if (left < length) {
        return this.#signed(treeId, left);
      }
      left -= length;
    }
    return this.#signed(this.configuration.activeTreeId, left);
  }

  /** `GET /api/v1/log/entries/UUID`: the active tree first, then the inactive ones in order. */
  entryByUuid(uuid: string): SignedEntry | null {
    this.#require();
    const { activeTreeId, inactiveTreeIds } = this.configuration;
    for (const treeId of [activeTreeId, ...inactiveTreeIds]) {
      const found = this.entryInTree(treeId, uuid);
      if (found) {
        return found;
      }
    }
    return null;
  }

  /** `GET /api/v1/log/entries/ENTRYID`: one tree only. */
  entryInTree(treeId: TreeId, uuid: string): SignedEntry | null {
    this.#require();
    const { activeTreeId, inactiveTreeIds } = this.configuration;
    if (treeId !== activeTreeId && !inactiveTreeIds.includes(treeId)) {
      return null;
    }
    const leaf = this.#parts.trillian.trees.get(treeId)?.byUuid.get(uuid);
    return leaf === undefined ? null : this.#signed(treeId, leaf);
  }

  /** `POST /api/v1/log/entries`: answers when the entry is integrated, however long that takes. Throws `RekorGone`. */
  async post(body: string): Promise<Answer> {
    const { time, random, trillian } = this.#parts;
    if (!this.running || this.stopping) {
      throw new RekorGone(this.name);
    }
    this.postsInFlight += 1;
    try {
      await time.pass(random.between(1, 5));
      const value = Buffer.from(body);
      const identity = createHash('sha256').update(value).digest('hex');
      const treeId = this.configuration.activeTreeId;
      const queued = await trillian.queueLeaf(treeId, { value, identity }, Infinity);
      this.#requireRunning();
      const tree = trillian.getTree(treeId);
      const known = tree.byIdentity.get(identity);
      if (queued === 'duplicate' && known) {
        return answer(409, {
          code: 409,
          message: `an equivalent entry already exists in the transparency log with UUID ${entryIdOf(treeId, known.uuid)}`,
        });
      }
      await this.#integrated(tree, known);
      this.#requireRunning();
      const entry = known && this.#signed(treeId, tree.byUuid.get(known.uuid) ?? -1);
      return entry
        ? answer(201, { [entry.entryId]: { logIndex: entry.logIndex } })
        : answer(500, { code: 500, message: TREE_REFUSED });
    } catch (error) {
      if (error instanceof TrillianSaysNo) {
        return answer(error.code === status.DEADLINE_EXCEEDED ? 504 : 500, {
          code: 500,
          message: TREE_REFUSED,
        });
      }
      throw error;
    } finally {
      this.postsInFlight -= 1;
    }
  }

  /** `POST /api/v1/log/entries/retrieve` with one proposed entry: looks in every shard that it serves. */
  retrieve(body: string): Answer {
    this.#require();
    const uuid = uuidOf(Buffer.from(body));
    const { activeTreeId, inactiveTreeIds } = this.configuration;
    const found = [activeTreeId, ...inactiveTreeIds].flatMap(
      (treeId) => this.entryInTree(treeId, uuid) ?? [],
    );
    return answer(
      200,
      found.map(({ entryId, logIndex }) => ({ [entryId]: { logIndex } })),
    );
  }

  end(): void {
    this.running = false;
  }

  #require(): void {
    if (!this.running || this.stopping) {
      throw new RekorGone(this.name);
    }
  }

  #requireRunning(): void {
    if (!this.running) {
      throw new RekorGone(this.name);
    }
  }

  /** Waits as Rekor's client does: it asks for the proof, then waits for a new root with growing pauses. */
  async #integrated(tree: SimulatedTree, leaf: Leaf | undefined): Promise<void> {
    const { time, random } = this.#parts;
    while (leaf && leaf.integratedAt === undefined && this.running) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (leaf.integratedAt !== undefined || !this.running) {
            tree.waiting.delete(look);
            resolve();
          }
        };
        tree.waiting.add(look);
        this.#looks.add(look);
      });
    }
    await time.pass(random.between(2, 100));
  }

  readonly #looks = new Set<() => void>();

  /** The process has ended; whoever waits in it hears so. */
  kill(): void {
    this.end();
    for (const look of this.#looks) {
      look();
    }
  }

  #signed(treeId: TreeId, leafIndex: number): SignedEntry | null {
    const leaf = this.#parts.trillian.trees.get(treeId)?.leaves[leafIndex];
    if (!leaf) {
      return null;
    }
    const position = this.configuration.inactiveTreeIds.indexOf(treeId);
    const before = position < 0 ? this.lengths : this.lengths.slice(0, position);
    const entry: SignedEntry = {
      entryId: entryIdOf(treeId, leaf.uuid),
      treeId,
      uuid: leaf.uuid,
      logIndex: before.reduce((sum, length) => sum + length, 0) + leafIndex,
      leafIndex,
    };
    this.#parts.onSigned(entry, this);
    return entry;
  }
}

export function entryIdOf(treeId: TreeId, uuid: string): string {
  return BigInt(treeId).toString(16).padStart(16, '0') + uuid;
}

function answer(code: number, body: unknown): Answer {
  return {
    status: code,
    reason: '',
    headers: ['Content-Type', 'application/json'],
    body: Buffer.from(JSON.stringify(body)),
  };
}
