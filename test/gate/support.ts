import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  request as httpRequest,
  type Agent,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import type { Clock } from '../../gate/clock';
import { startGate, type GateOptions, type RunningGate } from '../../gate/gate';
import type { GateRefusal, GateState } from '../../gate/messages';
import type { LoadedShards } from '../../workflows/model/shards';
import { PATIENCE_MS } from '../../harness/waiting';

export const WRITE = '/api/v1/log/entries';
export const RETRIEVE = '/api/v1/log/entries/retrieve';
export const TREE_REFUSAL = '{"code":500,"message":"unexpected result from transparency log"}\n';
export const TOKEN = 'a token of the test';

/** Time that moves only when a test says so. */
export class TestClock implements Clock {
  #now = 0;
  #timers: { at: number; act: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, act: () => void): () => void {
    const timer = { at: this.#now + delayMs, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How long until the next thing happens; undefined when nothing is to happen. */
  dueIn(): number | undefined {
    const [next] = this.#timers.map(({ at }) => at - this.#now).sort((one, other) => one - other);
    return next;
  }

  /** Time that passes while the process is stopped: no timer fires. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
    this.#now = end;
  }
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string[] | undefined>;
  readonly body: string;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
}

export type Behaviour = (seen: Seen, response: ServerResponse, socket: Socket) => void | Promise<void>;

export interface FakeRekor {
  readonly url: string;
  readonly seen: Seen[];
  /** Connections that are open now. */
  open(): number;
  behave: Behaviour;
  close(): Promise<void>;
}

/** Answers every write as Rekor does, with the body's text as the entry id. */
export const created: Behaviour = (seen, response) => {
  response.writeHead(201, { 'Content-Type': 'application/json', Location: `${seen.path}/${seen.body}` });
  response.end(JSON.stringify({ [seen.body]: { logIndex: 1 } }));
};

export async function fakeRekor(
  behave: Behaviour = created,
  options: { keepAliveTimeout?: number } = {},
  port = 0,
): Promise<FakeRekor> {
  const connections = new Map<Socket, number>();
  let counted = 0;
  const server = createServer(options, (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      } catch {
        return;
      }
      const seen: Seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headersDistinct,
        body: Buffer.concat(chunks).toString(),
        connection: connections.get(request.socket) ?? 0,
      };
      fake.seen.push(seen);
      await fake.behave(seen, response, request.socket);
    })();
  });
  server.on('connection', (socket) => {
    connections.set(socket, (counted += 1));
    socket.once('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const fake: FakeRekor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    open: () => connections.size,
    behave,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: string[];
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export function ask(url: string, asked: Asked): Promise<Reply> {
  const { method = 'GET', path, headers = {}, body, agent, signal } = asked;
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent, signal }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          rawHeaders: answer.rawHeaders,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A connection of its own, for what a well-behaved client never does. */
export async function rawClient(url: string): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), allowHalfOpen: true });
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return { socket, received: () => received };
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await pause(5);
  }
}

export interface TestGate extends DrivenGate {
  readonly gate: RunningGate;
  readonly options: GateOptions;
}

/** What a test does with a gate. */
export interface DrivenGate {
  readonly url: string;
  write(body: string, more?: Partial<Asked>): Promise<Reply>;
  order(
    kind: 'hold' | 'switch' | 'send',
    body: unknown,
  ): Promise<{ status: number; state: GateState; refusal: GateRefusal }>;
  hold(number: number, leaseMs?: number): Promise<GateState>;
  send(number: number, to: string | readonly string[], shards?: LoadedShards): Promise<GateState>;
  /** Tells it what a Rekor must have loaded; any shape, to be refused. */
  tell(notice: unknown): Promise<GateState>;
  tellNext(notice: unknown): Promise<GateState>;
  state(): Promise<GateState>;
}

/** What the tests of a file start, ended after each of them. */
export function useStarted(): Started {
  const started = new Started();
  afterEach(() => started.end());
  return started;
}

/** Everything that a test started, ended in the opposite order. */
export class Started {
  readonly #ends: (() => Promise<void>)[] = [];

  async rekor(...args: Parameters<typeof fakeRekor>): Promise<FakeRekor> {
    const rekor = await fakeRekor(...args);
    this.#ends.push(() => rekor.close());
    return rekor;
  }

  /** A Rekor, and a gate that sends to it. */
  async both(options: Partial<GateOptions> = {}): Promise<{ rekor: FakeRekor; gate: TestGate }> {
    const rekor = await this.rekor();
    return { rekor, gate: await this.gate({ firstInstances: [rekor.url], ...options }) };
  }

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'gate-'));
    this.#ends.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  async gate(options: Partial<GateOptions> & { directory?: string } = {}): Promise<TestGate> {
    const { directory = await this.directory(), ...given } = options;
    const settings: GateOptions = {
      public: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      token: () => TOKEN,
      stateFile: join(directory, 'gate.json'),
      spoolDirectory: join(directory, 'spool'),
      stopWithinMs: 300,
      // By the machine's clock nobody has waited too long in a test; whoever tests that brings a clock.
      ...(given.clock === undefined && { maxWaitMs: PATIENCE_MS }),
      logger: pino({ level: 'silent' }),
      ...given,
    };
    const gate = await startGate(settings);
    this.#ends.push(() => gate.close());
    return { gate, options: settings, ...driven(gate) };
  }

  later(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

/** A gate at these addresses, whose token is that of the tests. */
export function driven(gate: Pick<RunningGate, 'publicUrl' | 'adminUrl'>): DrivenGate {
  const admin = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; answer: unknown }> => {
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
    const reply = await ask(gate.adminUrl, {
      method,
      path,
      headers: body === undefined ? { Authorization: headers.Authorization } : headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: reply.status, answer: JSON.parse(reply.body) };
  };
  const order: TestGate['order'] = async (kind, body) => {
    const { status, answer } = await admin('PUT', `/order/${kind}`, body);
    return { status, state: answer as GateState, refusal: answer as GateRefusal };
  };
  const orRefused = ({ status, answer }: { status: number; answer: unknown }): GateState => {
    const { code, message } = answer as GateRefusal;
    if (status !== 200) throw new Error(`${status} ${code} ${message}`);
    return answer as GateState;
  };
  const accepted = async (kind: 'hold' | 'switch' | 'send', body: unknown): Promise<GateState> =>
    orRefused(await admin('PUT', `/order/${kind}`, body));
  return {
    url: gate.publicUrl,
    order,
    write: (body, more) =>
      ask(gate.publicUrl, {
        method: 'POST',
        path: WRITE,
        headers: { 'Content-Type': 'application/json' },
        body,
        ...more,
      }),
    hold: (number, leaseMs = 60_000) => accepted('hold', { attemptId: `r${number}/1`, number, leaseMs }),
    send: (number, to, shards) =>
      accepted('send', {
        ...{ attemptId: `r${number}/1`, number, instances: [to].flat() },
        ...(shards && { shards }),
      }),
    tellNext: async (notice) => orRefused(await admin('PUT', '/next', notice)),
    tell: async (notice) => orRefused(await admin('PUT', '/shards', notice)),
    state: async () => (await admin('GET', '/state')).answer as GateState,
  };
}
