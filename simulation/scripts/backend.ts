import { status } from '@grpc/grpc-js';
import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { RefusalError } from '../../activities/errors/refusal-error';
import type { TrillianMetrics } from '../../activities/clients/metrics';
import { type TrillianClient, TrillianError } from '../../activities/clients/trillian';
import type { TreeId } from '../../workflows/model/log';

/** A Rekor process that a script has started. */
export interface ScriptedRekor {
  /** What `GET /api/v1/log` answers: size of the active tree, loaded and live lengths of the others; null for an error. */
  log(): Promise<{
    readonly size: number;
    readonly inactive: readonly { readonly loaded: number; readonly live: number }[];
  } | null>;
  /** Uploads the entry of this name; its index when it was acknowledged. */
  post(name: string): Promise<{ readonly status: number; readonly index?: number }>;
  /** The entry at a virtual index: tree and leaf; null for none. */
  at(index: number): Promise<{ readonly treeId: TreeId; readonly leaf: number } | null>;
}

/** What a script works on: a Trillian with its signer, its database and Rekors; the real ones, or those of the simulation. */
export interface Backend {
  readonly trillian: TrillianClient;
  readonly metrics: TrillianMetrics;
  readonly queue: TreeQueue;
  /** Starts a process and waits until it answers; null when it ends instead. */
  rekor(active: TreeId, inactive: readonly TreeId[]): Promise<ScriptedRekor | null>;
  /** Nothing is integrated until the returned function is called. */
  stopSigner(): Promise<() => Promise<void>>;
  /** Every QueueLeaf stands between its look at the state and its commit until then. */
  blockLeaves(): Promise<() => Promise<void>>;
  /** Every signer pass that integrates stands between its look at the state and its commit until then. */
  blockPasses(): Promise<() => Promise<void>>;
  rest(ms: number): Promise<void>;
}

const signal = new AbortController().signal;
const call = { signal };

/** Words for a script: what it does and what it sees. */
export class Stage {
  readonly backend: Backend;
  readonly seen: string[] = [];
  #leaves = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  saw(line: string): void {
    this.seen.push(line);
  }

  /** A tree that was created and initialised, ACTIVE. */
  async tree(): Promise<TreeId> {
    const { treeId } = await this.backend.trillian.createTree(
      { displayName: 'a script', description: '', maxRootDurationMs: 0 },
      call,
    );
    await this.backend.trillian.initLog(treeId, call);
    return treeId;
  }

  async set(treeId: TreeId, state: 'ACTIVE' | 'DRAINING' | 'FROZEN'): Promise<string> {
    return await answerOf(async () => (await this.backend.trillian.setState(treeId, state, call)).state);
  }

  async state(treeId: TreeId): Promise<string> {
    return await answerOf(async () => (await this.backend.trillian.getTree(treeId, call)).state);
  }

  /** Queues the leaf of this name, or a new one. */
  async queue(treeId: TreeId, name = `leaf ${(this.#leaves += 1)}`): Promise<string> {
    const value = Buffer.from(name);
    const identityHash = Buffer.alloc(32);
    value.copy(identityHash, 0, 0, 32);
    return await answerOf(() => this.backend.trillian.queueLeaf(treeId, { value, identityHash }, call));
  }

  async size(treeId: TreeId): Promise<number> {
    return (await this.backend.trillian.treeHead(treeId, call)).size;
  }

  async leaves(treeId: TreeId, start: number, count: number): Promise<string> {
    return await answerOf(async () => {
      const leaves = await this.backend.trillian.leavesByRange(treeId, start, count, call);
      return `${leaves.length} leaves`;
    });
  }

  async initLog(treeId: TreeId): Promise<string> {
    return await answerOf(async () => {
      await this.backend.trillian.initLog(treeId, call);
      return 'OK';
    });
  }

  async listed(treeId: TreeId): Promise<boolean> {
    return (await this.backend.trillian.listTrees(call)).some((tree) => tree.treeId === treeId);
  }

  async delete(treeId: TreeId): Promise<string> {
    return await answerOf(async () => {
      await this.backend.trillian.deleteTree(treeId, call);
      return 'OK';
    });
  }

  async queued(treeId: TreeId): Promise<number> {
    return (await this.backend.queue.read(treeId, signal))?.queued ?? 0;
  }

  async inFlight(): Promise<number> {
    return await this.backend.metrics.queueLeafInFlight(signal);
  }

  async passes(treeId: TreeId): Promise<number> {
    return (await this.backend.metrics.signer(treeId, signal)).runs;
  }

  /** Waits until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; !(await isSo()); tries += 1) {
      if (tries > 400) {
        throw new Error(`it never became so: ${String(isSo)}`);
      }
      await this.backend.rest(25);
    }
  }
}

/** The answer, or the code of Trillian's no. */
async function answerOf(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TrillianError) {
      return status[error.code];
    }
    if (error instanceof RefusalError) {
      return error.refusal.code;
    }
    throw error;
  }
}
