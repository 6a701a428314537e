import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { GateState } from '../gate/messages';
import { OWN_TOKEN, ownGate } from './own-gate';

const MIB = 1024 * 1024;
const BODY = Buffer.alloc(MIB, 'a');
/** What a slow upload has sent of its body, and goes on by a byte now and then. */
const PART = BODY.subarray(0, 64 * 1024);
/** As by default. */
const BODY_MEMORY = 64 * MIB;
const DRIBBLE_EVERY_MS = 2_000;
const HEAD = `POST /api/v1/log/entries HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: ${MIB}\r\n\r\n`;

/** So many connect at a time: what is over the limit of the port while the gate is busy would be reset. */
const AT_A_TIME = 100;
const LOOK_EVERY_MS = 20;

/** Long enough for any machine: what is measured is memory. */
const PATIENCE_MS = 590_000;

export interface GateMemory {
  readonly uploads: number;
  readonly held: number;
  /** The most that the process has ever had. */
  readonly peakMib: number;
}

/**
 * How much memory a gate of its own takes with so many slow uploads under way and so many writes of 1 MiB held, which are then
 * sent on to a server that accepts everything. The bounds are those by default, but for the disk, on which all of it must fit.
 * Throws when any of these requests is not answered 201 or, if it is slow, is answered at all.
 */
export async function measureGateMemory(
  directory: string,
  uploads: number,
  held: number,
): Promise<GateMemory> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const sockets: Socket[] = [];
  const rekor = await acceptingServer();
  const rekorUrl = `http://127.0.0.1:${(rekor.address() as AddressInfo).port}`;
  const gate = await ownGate({
    ...{ public: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: 0 } },
    ...{ stateFile: join(directory, 'gate.json'), spoolDirectory: join(directory, 'spool') },
    ...{ firstInstances: [rekorUrl], token: OWN_TOKEN, bodyMemoryBytes: BODY_MEMORY },
    ...{ maxWaitMs: 2 * PATIENCE_MS, spoolSizeBytes: 2 * (uploads + held) * MIB },
  });
  const order = { attemptId: 'bench/1', number: 1 };
  try {
    const open = async (
      count: number,
      body: Buffer,
      there: (state: GateState) => number,
    ): Promise<Answered[]> => {
      const all: Answered[] = [];
      while (all.length < count) {
        for (let more = Math.min(AT_A_TIME, count - all.length); more > 0; more -= 1) {
          const client = sending(gate.publicUrl, body);
          sockets.push(client.socket);
          all.push(client);
        }
        await until(async () => there(await gate.ask('GET', '/state')) >= all.length);
      }
      return all;
    };
    // Half of the memory for bodies is for those that stay there; what waits for the disk is not in yet.
    const kept = (state: GateState): number =>
      Math.min(state.bodyMemoryBytes, BODY_MEMORY / 2) + state.spooledBytes;
    const slow = await open(uploads, PART, (state) => kept(state) / PART.length);
    const dribbling = setInterval(() => slow.forEach(({ socket }) => socket.write('a')), DRIBBLE_EVERY_MS);
    try {
      await gate.ask('PUT', '/order/hold', { ...order, leaseMs: PATIENCE_MS });
      const waiting = await open(held, BODY, (state) => state.writesWaiting);
      await gate.ask('PUT', '/order/send', { ...order, instances: [rekorUrl] });
      await until(() => Promise.resolve(waiting.every((client) => client.status() !== '')));
      const wrong = [
        ...waiting.filter((client) => client.status() !== '201'),
        ...slow.filter((client) => client.status() !== ''),
      ];
      if (wrong.length > 0)
        throw new Error(
          `${wrong.length} requests were answered wrongly, the first with ${wrong[0]?.status()}`,
        );
    } finally {
      clearInterval(dribbling);
    }
    return { uploads, held, peakMib: Math.round((await gate.taken()).maxRssKib / 1024) };
  } finally {
    for (const socket of sockets) socket.destroy();
    await gate.end();
    rekor.close();
    rekor.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Answered {
  readonly socket: Socket;
  /** The status of its answer; empty while there is none. */
  status(): string;
}

function sending(url: string, body: Buffer): Answered {
  let received = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('data', (chunk) => (received ||= chunk.toString('latin1', 0, 32)));
  socket.on('error', (error) => (received ||= `HTTP/1.1 ${error.message}`));
  socket.write(HEAD);
  socket.write(body);
  return { socket, status: () => received.slice('HTTP/1.1 '.length).split(' ')[0] ?? '' };
}

async function acceptingServer(): Promise<Server> {
  // Longer than this process may be too busy to see that a connection of the gate was closed.
  const server = createServer({ keepAliveTimeout: PATIENCE_MS }, (request, response) => {
    request.resume().once('end', () => response.writeHead(201).end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('the requests did not come to where they should be in time');
    await pause(LOOK_EVERY_MS);
  }
}
