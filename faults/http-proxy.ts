import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { carry } from './exchange';
import { Passage } from './passage';
import { FaultRules, type Chosen, type Frequency } from './rules';

/** One request as the proxy saw it. */
export interface HttpCall {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface HttpMatch extends Frequency {
  readonly method?: string;
  readonly path: RegExp;
  readonly where?: (body: string, headers: IncomingHttpHeaders) => boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: Buffer | string;
}

export interface HttpProxy {
  /** Base URL without a trailing slash; stays the same through `refuseConnections`. */
  readonly url: string;
  /** Every request since the start or the last `forgetCalls`, in order of arrival. */
  readonly calls: readonly HttpCall[];
  forgetCalls(): void;
  when(match: HttpMatch): Chosen<HttpAnswer>;
  /** Forgets every rule and lets held requests go. */
  clear(): void;
  /** Nobody listens at the address any more; connections that are open are cut. */
  refuseConnections(): Promise<void>;
  acceptConnections(): Promise<void>;
  end(): Promise<void>;
}

/** What a proxy needs before a server that is reached by https alone. Each as PEM. */
export interface ProxyTls {
  /** With which the proxy shows itself to its callers, as 127.0.0.1. */
  readonly certificate: string;
  readonly key: string;
  /** Who must have signed the certificate of the real system. */
  readonly authority: string;
}

/**
 * A proxy before an HTTP server that passes every request on, and does to chosen ones what a test has asked for. Each
 * connection of a caller has one of its own to the server, and ends with it. Bodies are taken in whole. A server that
 * cannot be reached shows as a connection cut without answer.
 */
export async function startHttpProxy(options: {
  readonly upstream: string;
  /** Told of each answer of the real system, also of one that nobody waits for any more. */
  readonly answered?: (call: HttpCall, answer: HttpAnswer) => void;
  /** Added to each answer of the real system. */
  readonly marks?: Readonly<Record<string, string>>;
  /** For an upstream of https. */
  readonly tls?: ProxyTls;
}): Promise<HttpProxy> {
  const { tls } = options;
  const rules = new FaultRules<HttpCall, HttpAnswer>();
  const calls: HttpCall[] = [];
  const passages = new WeakMap<Socket, Passage>();

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const passage = passages.get(incoming.socket);
    if (!passage) {
      throw new Error('a request came over no connection');
    }
    passage.owe(response);
    const left = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) {
        left.abort();
      }
    });
    const body = await whole(incoming);
    const call = {
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      body: body.toString(),
      headers: incoming.headers,
      at: Date.now(),
    };
    calls.push(call);
    await carry<HttpAnswer>(rules.faultFor(call), {
      forward: async () => {
        const answer = await forward(passage, {
          upstream: options.upstream,
          call,
          incoming,
          body,
          callerLeft: left.signal,
        });
        options.answered?.(call, answer);
        return { ...answer, headers: { ...answer.headers, ...options.marks } };
      },
      answer: ({ status, headers, body: bytes }) => {
        response.writeHead(status, headers);
        response.end(bytes);
      },
      callerLeft: left.signal,
    });
  };
  const handle = (incoming: IncomingMessage, response: ServerResponse): void => {
    serve(incoming, response).catch(() => response.destroy());
  };
  const server = tls
    ? createTlsServer({ cert: tls.certificate, key: tls.key }, handle)
    : createServer(handle);
  // Requests name the socket that is encrypted, and not the one that it is made of.
  server.on(tls ? 'secureConnection' : 'connection', (caller: Socket) =>
    passages.set(caller, new Passage(caller, tls?.authority)),
  );

  const listen = async (port: number): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  };
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };

  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    calls,
    forgetCalls: () => calls.splice(0),
    when: ({ method, path, where, ...frequency }) =>
      rules.when(
        (call) =>
          (method ?? call.method) === call.method &&
          path.test(call.path) &&
          (where?.(call.body, call.headers) ?? true),
        frequency,
      ),
    clear: () => rules.clear(),
    refuseConnections: close,
    acceptConnections: () => listen(port),
    end: async () => {
      rules.clear();
      await close();
    },
  };
}

/** Headers of one connection, not of what is sent over it. */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding'];

async function forward(
  passage: Passage,
  request: {
    readonly upstream: string;
    readonly call: HttpCall;
    readonly incoming: IncomingMessage;
    readonly body: Buffer;
    readonly callerLeft: AbortSignal;
  },
): Promise<HttpAnswer> {
  const { upstream, call, incoming, body, callerLeft } = request;
  const answer = await passage.ask(
    new URL(call.path, upstream),
    { method: call.method, headers: endToEnd(incoming.headers), signal: callerLeft },
    body,
  );
  return { status: answer.statusCode ?? 502, headers: endToEnd(answer.headers), body: await whole(answer) };
}

function endToEnd<Headers extends object>(headers: Headers): Partial<Headers> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.includes(name)),
  ) as Partial<Headers>;
}

async function whole(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
