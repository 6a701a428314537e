import {
  createServer,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Unreached, type Wire } from '../faults/wire';
import type { GateName } from '../lab/lab';

/** One of the gates behind a balancer. */
export interface Member {
  readonly name: GateName;
  /** Where it takes clients. */
  readonly url: string;
  readonly wire: Wire;
}

/** What became of one request at one gate. Times in milliseconds since 1970. */
export interface Passed {
  readonly gate: GateName;
  readonly method: string;
  readonly path: string;
  /** When the balancer took it in, before it had chosen a gate. */
  readonly at: number;
  /** Null: the connection broke before the answer was complete. */
  readonly status: number | null;
  /** Which Rekor has answered; null for a gate's own answer. */
  readonly answeredBy: string | null;
}

export interface Balancer {
  readonly url: string;
  /** Every request that a gate was sent, in the order in which they ended. */
  readonly passed: readonly Passed[];
  end(): Promise<void>;
}

/** The header in which an answer names the Rekor that gave it. */
export const ANSWERED_BY = 'x-answered-by';

const LOOK_EVERY_MS = 200;
/** A connection that takes longer is given up; nothing was sent over it. So is a look. */
const CONNECT_WITHIN_MS = 200;

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/**
 * What operators put before several gates, as little as it can be: each request goes to the next gate. One that is not ready,
 * as GET /rekor-rotate/readyz says five times a second, is left out while another one is. A request goes to another gate only if
 * nothing of it was sent; one whose connection breaks after that is never repeated.
 */
export async function startBalancer(members: readonly Member[]): Promise<Balancer> {
  const ready = new Set(members);
  const passed: Passed[] = [];
  const ended = new AbortController();
  let turn = 0;

  const looking = members.map(async (member) => {
    while (!ended.signal.aborted) {
      if (await isReady(member)) ready.add(member);
      else ready.delete(member);
      await pause(LOOK_EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  });

  /** The gates in the order in which a request asks for them: those that are not ready last. */
  const inTurn = (): Member[] => {
    turn += 1;
    const rotated = members.map((_, position) => members[(position + turn) % members.length] as Member);
    return [...rotated.filter((one) => ready.has(one)), ...rotated.filter((one) => !ready.has(one))];
  };

  /** Null when no gate takes the request. Rejects when one has taken it, and breaks. */
  const answerTo = async (incoming: IncomingMessage, left: AbortSignal): Promise<Answer | null> => {
    const at = Date.now();
    const body = await whole(incoming);
    const { method = 'GET', url: path = '/' } = incoming;
    for (const member of inTurn()) {
      const tell = (status: number | null, answeredBy: string | null): void => {
        passed.push({ gate: member.name, method, path, at, status, answeredBy });
      };
      try {
        const answer = await ask(member, { method, path, headers: incoming.headers, body, left });
        const by = answer.headers[ANSWERED_BY];
        tell(answer.status, typeof by === 'string' ? by : null);
        return answer;
      } catch (error) {
        if (error instanceof Unreached) continue;
        if (!left.aborted) tell(null, null);
        throw error;
      }
    }
    return null;
  };

  const server = createServer((incoming, response) => {
    const left = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) left.abort();
    });
    answerTo(incoming, left.signal)
      .then((answer) => {
        response.writeHead(answer?.status ?? 503, answer?.headers);
        response.end(answer?.body);
      })
      .catch(() => response.destroy());
  });
  // Longer than any client of these tests is quiet: a request never meets a connection that is just closed.
  server.keepAliveTimeout = 600_000;
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    end: async () => {
      ended.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, ...looking]);
    },
  };
}

async function isReady(member: Member): Promise<boolean> {
  const left = AbortSignal.timeout(CONNECT_WITHIN_MS);
  const look = { method: 'GET', path: '/rekor-rotate/readyz', headers: {}, body: Buffer.alloc(0), left };
  const looked = ask(member, look).then(
    ({ status }) => status === 200,
    () => false,
  );
  return await Promise.race([looked, pause(CONNECT_WITHIN_MS).then(() => false)]);
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** The client has left. */
  readonly left: AbortSignal;
}

/** Sends a request over a connection of its own. Rejects with Unreached when nothing of it was sent. */
async function ask({ url, wire }: Member, { method, path, headers, body, left }: Asked): Promise<Answer> {
  await Promise.race([
    wire.through(),
    pause(CONNECT_WITHIN_MS).then(() => {
      throw new Unreached('the connection takes too long');
    }),
  ]);
  const answer = await new Promise<Answer>((resolve, reject) => {
    const options = { method, headers: endToEnd(headers), agent: false, signal: left };
    const outgoing = request(new URL(path, url), options);
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ECONNREFUSED' ? new Unreached(error.message) : error),
    );
    outgoing.on('response', (incoming) => {
      const { statusCode: status = 502, headers: given } = incoming;
      whole(incoming).then((bytes) => resolve({ status, headers: endToEnd(given), body: bytes }), reject);
    });
    outgoing.end(body);
  });
  // The answer has to get through as well; that it does not is no reason to ask again.
  await wire.through().catch((error: unknown) => {
    throw new Error('the answer did not get through', { cause: error });
  });
  return answer;
}

/** Headers of one connection, not of what is sent over it. */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding'];

function endToEnd(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}

async function whole(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return (server.address() as AddressInfo).port;
}
