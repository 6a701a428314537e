import { status } from '@grpc/grpc-js';
import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { refuse, type RefusalError } from '../../activities/errors/refusal-error';
import type { TrillianMetrics } from '../../activities/clients/metrics';
import {
  type CallBounds,
  CallOutcomeUnknown,
  CallTooLate,
  type TrillianClient,
  TrillianError,
} from '../../activities/clients/trillian';
import { pause, throwIfAborted } from '../../activities/bounds/waiting';
import type { Tree, TreeId } from '../../workflows/model/log';
import type { VirtualTime } from '../virtual-time';
import { type Network, NoAnswer } from './network';
import { type SimulatedTree, type SimulatedTrillian, TrillianSaysNo } from './trillian';

const DEFAULT_TIMEOUT_MS = 5000;
const METRICS_TIMEOUT_MS = 2000;
const READ_RETRY_PAUSES_MS = [50, 100, 200];

interface Parts {
  readonly log: string;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly trillian: SimulatedTrillian;
}

/** The client of a worker, with the rules of activities/clients/trillian-calls.ts, over the simulated network. */
export function trillianClient({ log, time, network, trillian }: Parts): TrillianClient {
  const where = { log, address: 'trillian:8090' };
  const unreachable = (reason: string): RefusalError => refuse('TRILLIAN_UNREACHABLE', { ...where, reason });

  const begin = (method: string, bounds: CallBounds): number => {
    const deadline = Math.min(
      time.now + (bounds.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      bounds.notAfter ?? Infinity,
    );
    throwIfAborted(bounds.signal);
    if (time.now >= deadline) {
      throw new CallTooLate(method);
    }
    return deadline;
  };

  const said = (method: string, treeId: TreeId | undefined, error: unknown): Error => {
    if (!(error instanceof TrillianSaysNo)) {
      return error as Error;
    }
    if (error.code === status.RESOURCE_EXHAUSTED) {
      return refuse('TRILLIAN_QUOTA', { ...where, method, reason: error.message });
    }
    if (treeId !== undefined && error.code === status.NOT_FOUND) {
      return refuse('TREE_UNKNOWN', { log, tree: treeId });
    }
    return treeId !== undefined && error.message === 'tree needs initialising'
      ? refuse('TREE_UNINITIALISED', { log, tree: treeId })
      : new TrillianError(method, error.code, error.message);
  };

  async function read<Result>(
    method: string,
    treeId: TreeId | undefined,
    bounds: CallBounds,
    effect: () => Result,
  ): Promise<Result> {
    const deadline = begin(method, bounds);
    for (let attempt = 0; ; attempt += 1) {
      begin(method, { ...bounds, notAfter: deadline });
      try {
        return await network.send(
          { system: 'trillian', method, changes: false, deadline, signal: bounds.signal },
          effect,
        );
      } catch (error) {
        throwIfAborted(bounds.signal);
        if (!(error instanceof NoAnswer)) {
          throw said(method, treeId, error);
        }
        const pauseMs = READ_RETRY_PAUSES_MS[attempt];
        if (pauseMs === undefined || time.now + pauseMs >= deadline) {
          throw unreachable(error.message);
        }
        await pause(pauseMs, bounds.signal);
      }
    }
  }

  async function change<Result>(
    method: string,
    treeId: TreeId | undefined,
    bounds: CallBounds,
    effect: (landsUntil: number) => Promise<Result>,
  ): Promise<Result> {
    const deadline = begin(method, bounds);
    const sent = { mayLandUntil: deadline };
    bounds.unanswered?.add(sent);
    try {
      const result = await network.send(
        { system: 'trillian', method, changes: true, deadline, signal: bounds.signal },
        effect,
      );
      bounds.unanswered?.delete(sent);
      return result;
    } catch (error) {
      const unanswered =
        (error instanceof NoAnswer && error.sent) ||
        (error instanceof TrillianSaysNo && error.code === status.DEADLINE_EXCEEDED);
      if (unanswered) {
        throw new CallOutcomeUnknown(where, method, deadline);
      }
      bounds.unanswered?.delete(sent);
      throwIfAborted(bounds.signal);
      throw error instanceof NoAnswer ? unreachable(error.message) : said(method, treeId, error);
    }
  }

  async function getTree(treeId: TreeId, bounds: CallBounds): Promise<Tree> {
    const tree = await read('GetTree', treeId, bounds, () => treeOf(trillian.getTree(treeId)));
    if (tree.deleted) {
      throw refuse('TREE_UNKNOWN', { log, tree: treeId });
    }
    return tree;
  }

  return {
    getTree,
    listTrees: (bounds) =>
      read('ListTrees', undefined, bounds, () =>
        [...trillian.trees.values()].filter((tree) => !tree.deleted).map(treeOf),
      ),
    createTree: async ({ displayName, description }, bounds) =>
      treeOf(
        await change('CreateTree', undefined, bounds, () =>
          trillian.createTree(displayName, description, 'a rotation'),
        ),
      ),
    initLog: async (treeId, bounds) => {
      try {
        await change('InitLog', treeId, bounds, () => trillian.initLog(treeId));
      } catch (error) {
        if (!(error instanceof TrillianError && error.code === status.ALREADY_EXISTS)) {
          throw error;
        }
      }
    },
    setState: async (treeId, state, bounds) => {
      await change(`UpdateTree ${state}`, treeId, bounds, (landsUntil) =>
        trillian.updateTree(treeId, { state }, landsUntil, 'a rotation'),
      );
      const tree = await getTree(treeId, bounds);
      if (tree.state !== state) {
        throw refuse('CHANGED_BY_SOMEONE', {
          what: `The state of tree ${treeId}`,
          expected: state,
          now: tree.state,
        });
      }
      return tree;
    },
    treeHead: (treeId, bounds) => read('GetLeavesByRange', treeId, bounds, () => trillian.head(treeId)),
    queueLeaf: (treeId, { value, identityHash, extraData }, bounds) =>
      change('QueueLeaf', treeId, bounds, (landsUntil) =>
        trillian.queueLeaf(
          treeId,
          { value, identity: identityHash.toString('hex'), ...(extraData && { extraData }) },
          landsUntil,
        ),
      ),
    leavesByRange: (treeId, start, count, bounds) =>
      read('GetLeavesByRange', treeId, bounds, () =>
        trillian.leaves(treeId, start, count).map(({ value, extraData, uuid, integratedAt = 0 }) => ({
          value,
          extraData,
          merkleLeafHash: Buffer.from(uuid, 'hex'),
          integratedAtMs: integratedAt,
        })),
      ),
    deleteTree: (treeId, bounds) =>
      change('DeleteTree', treeId, bounds, () => {
        trillian.deleteTree(treeId);
        return Promise.resolve();
      }),
    close: () => undefined,
  };
}

/** Trillian's database. */
export function queueReader({ log, time, network, trillian }: Parts): TreeQueue {
  return {
    read: async (treeId, signal) => {
      const deadline = time.now + METRICS_TIMEOUT_MS;
      throwIfAborted(signal);
      try {
        return await network.send(
          { system: 'queue', method: 'SELECT', changes: false, deadline, signal },
          () => trillian.row(treeId),
        );
      } catch (error) {
        throwIfAborted(signal);
        throw refuse('DATABASE_UNREACHABLE', { log, reason: (error as Error).message });
      }
    },
    close: () => Promise.resolve(),
  };
}

/** The metrics pages of log server and signer. */
export function trillianMetrics({ log, time, network, trillian }: Parts): TrillianMetrics {
  async function page<Result>(method: string, signal: AbortSignal, effect: () => Result): Promise<Result> {
    const deadline = time.now + METRICS_TIMEOUT_MS;
    throwIfAborted(signal);
    try {
      return await network.send({ system: 'metrics', method, changes: false, deadline, signal }, effect);
    } catch (error) {
      throwIfAborted(signal);
      throw refuse('METRICS_UNREACHABLE', {
        log,
        url: `http://${method}/metrics`,
        reason: (error as Error).message,
      });
    }
  }
  return {
    queueLeafInFlight: (signal) => page('log-server', signal, () => trillian.queueLeafInFlight()),
    getTreeCalls: (signal) => page('log-server', signal, () => trillian.getTreeCalls),
    signer: (treeId, signal) => page('signer', signal, () => trillian.passes(treeId)),
    // All of its processes have one clock.
    signersBehind: () => Promise.resolve([]),
  };
}

function treeOf(tree: SimulatedTree): Tree {
  const { treeId, row, deleted } = tree;
  return {
    treeId,
    state: row.state,
    type: 'LOG',
    displayName: row.displayName,
    description: row.description,
    updatedAtMs: row.updatedAtMs,
    maxRootDurationMs: 0,
    deleted,
  };
}
