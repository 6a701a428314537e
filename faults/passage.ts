import {
  Agent,
  request as requestTo,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequestTo } from 'node:https';
import type { Socket } from 'node:net';

/**
 * A caller's connection and the one to the server that belongs to it. Where one ends the other does, once no answer is
 * owed: so a caller sees that a process has ended, and speaks to another one only over another connection.
 */
export class Passage {
  readonly #caller: Socket;
  readonly #agent: Agent;
  readonly #request: typeof requestTo;
  readonly #watched = new WeakSet<Socket>();
  #latest: ServerResponse | null = null;
  #ended = false;

  /** @param authority PEM; who must have signed the certificate of a server that is reached by https. */
  constructor(caller: Socket, authority?: string) {
    this.#caller = caller;
    const one = { keepAlive: true, maxSockets: 1 };
    this.#agent = authority === undefined ? new Agent(one) : new TlsAgent({ ...one, ca: authority });
    this.#request = authority === undefined ? requestTo : tlsRequestTo;
    caller.once('close', () => this.#agent.destroy());
  }

  /** A request has come over the caller's connection, which waits for this answer. */
  owe(response: ServerResponse): void {
    this.#latest = response;
  }

  /** The server's answer, of which the body is still to be read. Rejects when the connection has ended. */
  async ask(url: URL, options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
    if (this.#ended) {
      throw new Error('the connection to the server has ended');
    }
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = this.#request(url, { ...options, agent: this.#agent }, (answer) => {
        if (answer.headers.connection === 'close' && this.#latest) {
          this.#latest.shouldKeepAlive = false;
        }
        resolve(answer);
      });
      outgoing.once('socket', (server) => this.#watch(server));
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  #watch(server: Socket): void {
    if (!this.#watched.has(server)) {
      this.#watched.add(server);
      server.once('close', () => this.#end());
    }
  }

  #end(): void {
    this.#ended = true;
    const end = (): void => this.#caller.destroySoon();
    if (this.#latest === null || this.#latest.writableFinished) {
      end();
    } else {
      this.#latest.once('finish', end);
    }
  }
}
