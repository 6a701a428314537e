import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'undici';
import { OWN_TOKEN, ownGate } from './own-gate';

/** What a gate took of a processor for one request, in microseconds: once for each round. */
export interface GateCpu {
  readonly getUs: readonly number[];
  readonly postUs: readonly number[];
}

/** Whose gates are measured, as `ownGate` takes them, by any names; and how often, with how many requests of each kind. */
export interface GateCpuOptions<Name extends string> {
  readonly builds: Readonly<Record<Name, string | undefined>>;
  readonly rounds: number;
  readonly requests: number;
  /** What the gates keep; removed afterwards. */
  readonly directory: string;
}

/** Each is kept open, with one request at a time. */
const CONNECTIONS = 16;
/** Of each kind, before anything is measured: Node.js compiles what runs often. */
const WARM_REQUESTS = 20_000;

/** As long as the entry of a usual signature, and its answer. */
const BODY_BYTES = 1_500;
const ENTRY = JSON.stringify({ kind: 'hashedrekord', spec: 'a'.repeat(BODY_BYTES - 33) });
const GET = { method: 'GET', path: '/api/v1/log/publicKey', headers: clientHeaders(), body: null } as const;
const POST = {
  ...{ method: 'POST', path: '/api/v1/log/entries', body: ENTRY },
  headers: { ...clientHeaders(), 'content-type': 'application/json' },
} as const;

/** What the server says of itself, and the gate proves before it sends a write. */
const SHARDS = { activeTreeId: '1', inactive: [] };
const LOG_INFO = JSON.stringify({ treeID: '1', inactiveShards: [] });
const KEY = `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(124)}\n-----END PUBLIC KEY-----\n`;

/**
 * The processor time of gates, each in a process of its own: of a read of the log's key, and of a write of 1.5 KB over connections
 * that are proven. In each round they take turns, so that all of them meet the same machine. Clients and a server that answers at
 * once are in this process, so that their time is not counted.
 *
 * @throws Error when a request is answered otherwise than by the server.
 */
export async function measureGateCpu<Name extends string>(
  options: GateCpuOptions<Name>,
): Promise<Record<Name, GateCpu>> {
  const { builds, rounds, requests, directory } = options;
  await rm(directory, { recursive: true, force: true });
  const rekor = await quickServer();
  const names = Object.keys(builds) as Name[];
  const all: MeasuredGate[] = [];
  try {
    for (const name of names) all.push(await measuredGate(join(directory, name), rekor, builds[name]));
    for (let round = 0; round < rounds; round += 1)
      for (const gate of round % 2 === 0 ? all : all.toReversed()) await gate.measure(requests);
    return Object.fromEntries(all.map(({ took }, at) => [names[at], took])) as Record<Name, GateCpu>;
  } finally {
    for (const gate of all) await gate.end();
    rekor.close();
    rekor.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
  }
}

interface MeasuredGate {
  readonly took: GateCpu;
  measure(requests: number): Promise<void>;
  end(): Promise<void>;
}

async function measuredGate(
  directory: string,
  rekor: Server,
  build: string | undefined,
): Promise<MeasuredGate> {
  await mkdir(directory, { recursive: true });
  const rekorUrl = `http://127.0.0.1:${(rekor.address() as AddressInfo).port}`;
  const gate = await ownGate(
    {
      ...{ public: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: 0 } },
      ...{ stateFile: join(directory, 'gate.json'), spoolDirectory: join(directory, 'spool') },
      ...{ firstInstances: [rekorUrl], token: OWN_TOKEN },
    },
    build,
  );
  await gate.ask('PUT', '/shards', { number: 0, instances: [rekorUrl], shards: SHARDS });
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(gate.publicUrl));
  await send(clients, GET, 200, WARM_REQUESTS);
  await send(clients, POST, 201, WARM_REQUESTS);
  const took = { getUs: [] as number[], postUs: [] as number[] };
  const each = async (request: typeof GET | typeof POST, wanted: number, count: number): Promise<number> => {
    const before = await gate.taken();
    await send(clients, request, wanted, count);
    return ((await gate.taken()).cpuUs - before.cpuUs) / count;
  };
  return {
    took,
    measure: async (requests) => {
      took.getUs.push(await each(GET, 200, requests));
      took.postUs.push(await each(POST, 201, requests));
    },
    end: async () => {
      await Promise.all(clients.map((client) => client.destroy()));
      await gate.end();
    },
  };
}

/** Each client sends its next request when it has its answer, until there were so many. */
async function send(
  clients: readonly Client[],
  request: typeof GET | typeof POST,
  wanted: number,
  count: number,
): Promise<void> {
  let left = count;
  const one = async (client: Client): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { statusCode, body } = await client.request(request);
      await body.dump();
      if (statusCode !== wanted)
        throw new Error(`${request.method} ${request.path} was answered ${statusCode}, not ${wanted}`);
    }
  };
  await Promise.all(clients.map(one));
}

/** Some of what Rekor's clients send with each request. */
function clientHeaders(): Record<string, string> {
  return { accept: 'application/json', 'user-agent': 'rekor-cli/v1.5.2 (linux; amd64)' };
}

async function quickServer(): Promise<Server> {
  const server = createServer((request, response) => {
    const [status, type, body] =
      request.method === 'POST'
        ? [201, 'application/json', ENTRY]
        : request.url === '/api/v1/log'
          ? [200, 'application/json', LOG_INFO]
          : [200, 'application/x-pem-file', KEY];
    request.resume().once('end', () => {
      response.writeHead(status, { 'content-type': type, vary: 'Origin', 'content-length': body.length });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
