import type { Socket } from 'node:net';

/** The connection that a request came on. */
export interface Client {
  readonly gone: boolean;
  /** Calls `act` when the client goes; the answer takes that back. */
  onGone(act: () => void): () => void;
}

class Connection implements Client {
  gone = false;
  readonly #acts = new Set<() => void>();

  onGone(act: () => void): () => void {
    this.#acts.add(act);
    return () => this.#acts.delete(act);
  }

  leave(): void {
    this.gone = true;
    for (const act of this.#acts) act();
    this.#acts.clear();
  }
}

/**
 * Which clients are still there. One that has closed only its sending half counts as gone too: it looks the same until
 * something is written, and Go's server, so Rekor itself, cancels a request at that moment (net/http: `backgroundRead`).
 */
export class Clients {
  readonly #connections = new WeakMap<Socket, Connection>();

  of(socket: Socket): Client {
    const known = this.#connections.get(socket);
    if (known) return known;
    const connection = new Connection();
    this.#connections.set(socket, connection);
    if (socket.destroyed || socket.readableEnded) connection.leave();
    socket.once('end', () => connection.leave());
    socket.once('close', () => connection.leave());
    return connection;
  }
}
