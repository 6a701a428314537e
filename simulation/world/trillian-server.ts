import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  loadMethods,
  type TrillianMethod,
  type TrillianMethods,
  type TrillianTransport,
} from '../../activities/clients/trillian-transport';
import type { Timestamp } from '../../proto/generated/google/protobuf/Timestamp';
import type { Tree as TreeMessage } from '../../proto/generated/trillian/Tree';
import { type Network, NoAnswer } from './network';
import { type SimulatedTree, type SimulatedTrillian, TrillianSaysNo } from './trillian';

/** How the simulated log server answers each method; a change has its effect until `landsUntil`, or not at all. */
type Answers = {
  readonly [Name in TrillianMethod]: (
    request: TrillianMethods[Name]['receivedRequest'],
    landsUntil: number,
  ) => Answer<Name> | Promise<Answer<Name>>;
};
type Answer<Name extends TrillianMethod> = TrillianMethods[Name]['sentResponse'];

const changing: ReadonlySet<TrillianMethod> = new Set([
  'CreateTree',
  'UpdateTree',
  'DeleteTree',
  'InitLog',
  'QueueLeaf',
]);

const wire = loadMethods();

/** Carries the calls of the real client over the simulated network to the simulated Trillian, in the real bytes. */
export function trillianTransport(parts: {
  readonly network: Network;
  readonly trillian: SimulatedTrillian;
}): TrillianTransport {
  const { network, trillian } = parts;
  const answers = answersOf(trillian);
  return {
    connected: (deadline, signal) => network.connected('trillian', deadline, signal),
    async send(name, request, deadline, signal) {
      const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = wire[name];
      const received = requestDeserialize(requestSerialize(request));
      const call = {
        system: 'trillian',
        method: name,
        changes: changing.has(name),
        deadline,
        signal,
      } as const;
      try {
        const answer = await network.send(call, (landsUntil) => answers[name](received, landsUntil));
        return responseDeserialize(responseSerialize(answer));
      } catch (error) {
        throw serviceError(error, signal);
      }
    },
    close: () => undefined,
  };
}

/** What gRPC says of it. */
function serviceError(error: unknown, signal: AbortSignal): unknown {
  const code = signal.aborted
    ? status.CANCELLED
    : error instanceof TrillianSaysNo
      ? error.code
      : error instanceof NoAnswer
        ? error.code === 'ETIMEDOUT'
          ? status.DEADLINE_EXCEEDED
          : status.UNAVAILABLE
        : undefined;
  if (code === undefined) {
    return error;
  }
  const details = (error as Error).message;
  const said: ServiceError = Object.assign(new Error(details), { code, details, metadata: new Metadata() });
  return said;
}

function answersOf(trillian: SimulatedTrillian): Answers {
  return {
    ListTrees: () => ({ tree: [...trillian.trees.values()].filter((tree) => !tree.deleted).map(messageOf) }),
    GetTree: ({ treeId }) => messageOf(trillian.getTree(treeId)),
    CreateTree: async ({ tree }) =>
      messageOf(await trillian.createTree(tree?.displayName ?? '', tree?.description ?? '', 'a rotation')),
    UpdateTree: async ({ tree, updateMask }, landsUntil) => {
      if (!tree || updateMask?.paths.join() !== 'tree_state') {
        throw new TrillianSaysNo(status.INVALID_ARGUMENT, 'only states are changed here');
      }
      const change = { state: tree.treeState };
      return messageOf(await trillian.updateTree(tree.treeId, change, landsUntil, 'a rotation'));
    },
    DeleteTree: ({ treeId }) => {
      trillian.deleteTree(treeId);
      return {};
    },
    InitLog: async ({ logId }) => {
      await trillian.initLog(logId);
      return {};
    },
    QueueLeaf: async ({ logId, leaf }, landsUntil) => {
      const value = leaf?.leafValue ?? Buffer.alloc(0);
      const identity = (leaf?.leafIdentityHash ?? Buffer.alloc(0)).toString('hex');
      const extraData = leaf?.extraData ?? Buffer.alloc(0);
      const queued = await trillian.queueLeaf(logId, { value, identity, extraData }, landsUntil);
      const code = queued === 'duplicate' ? status.ALREADY_EXISTS : status.OK;
      return { queuedLeaf: { status: { code, message: '' } } };
    },
    GetLeavesByRange: ({ logId, startIndex, count }) => ({
      leaves: trillian
        .leaves(logId, Number(startIndex), Number(count))
        .map(({ value, extraData, uuid, integratedAt = 0 }) => ({
          leafValue: value,
          extraData,
          merkleLeafHash: Buffer.from(uuid, 'hex'),
          integrateTimestamp: timestampOf(integratedAt),
        })),
      signedLogRoot: { logRoot: logRootOf(trillian.head(logId)) },
    }),
  };
}

function messageOf({ treeId, row, deleted }: SimulatedTree): TreeMessage {
  const { state, displayName, description, updatedAtMs } = row;
  return {
    ...{ treeId, treeState: state, treeType: 'LOG', displayName, description, deleted },
    updateTime: timestampOf(updatedAtMs),
  };
}

function timestampOf(ms: number): Timestamp {
  return { seconds: String(Math.floor(ms / 1000)), nanos: Math.floor((ms % 1000) * 1e6) };
}

/** Version 1, as far as a client reads it (trillian: types/logroot.go). */
function logRootOf({ size, rootHash }: { readonly size: number; readonly rootHash: string }): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt16BE(1, 0);
  head.writeBigUInt64BE(BigInt(size), 2);
  head[10] = 32;
  return Buffer.concat([head, Buffer.from(rootHash, 'hex')]);
}
