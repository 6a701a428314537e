import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { LoadedShards } from '../../workflows/model/shards';
import { created, type Behaviour, type FakeRekor, type Seen, type Started } from './support';

/** `GET /api/v1/log` of a process that has loaded these shards; each grew or not since, which it does not notice. */
export function logInfo({ activeTreeId, inactive }: LoadedShards): string {
  return JSON.stringify({
    treeID: activeTreeId,
    treeSize: 5,
    inactiveShards: inactive.map(({ treeId, length }) => ({
      treeID: treeId,
      treeSize: length + 1,
      signedTreeHead: `rekor.test - ${treeId}\n${length}\nroot\n\n`,
    })),
  });
}

/** An address behind which one Rekor process after the other runs, each with the shards that it loaded at its start. */
export interface ShardedRekor {
  readonly rekor: FakeRekor;
  readonly url: string;
  /** What each write reached: the shards that its process had loaded. */
  readonly writes: LoadedShards[];
  /** How many processes have been asked what they loaded. */
  readonly asked: () => number;
  /** The process ends with its connections, and the next one has loaded these. */
  restart(shards: LoadedShards): void;
  /** Called when an answer was given, before anything else can come. */
  afterAnswer: (seen: Seen) => void;
  /** Answers writes. */
  onWrite: Behaviour;
}

export async function shardedRekor(started: Started, shards: LoadedShards): Promise<ShardedRekor> {
  let loaded = shards;
  let asked = 0;
  const sockets = new Set<Socket>();
  const writes: LoadedShards[] = [];
  const behave: Behaviour = async (seen: Seen, response: ServerResponse, socket: Socket) => {
    sockets.add(socket);
    if (seen.method === 'GET') {
      asked += 1;
      response.writeHead(200).end(logInfo(loaded));
    } else {
      writes.push(loaded);
      await sharded.onWrite(seen, response, socket);
    }
    sharded.afterAnswer(seen);
  };
  const rekor = await started.rekor(behave);
  const sharded: ShardedRekor = {
    ...{ rekor, url: rekor.url, writes, asked: () => asked },
    restart: (next) => {
      loaded = next;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    afterAnswer: () => undefined,
    onWrite: created,
  };
  return sharded;
}
