import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The answers that are owed on one connection of a client, oldest first. */
class Connection {
  readonly owed = new Set<ServerResponse>();
  #quietSince = performance.now();
  #bytesWhenQuiet = 0;

  constructor(readonly socket: Socket) {}

  settle(response: ServerResponse): void {
    this.owed.delete(response);
    this.#quietSince = performance.now();
    this.#bytesWhenQuiet = this.socket.bytesRead;
  }

  /** For how long nothing has been owed and nothing has come; 0 while a request arrives. */
  quietMs(): number {
    const isQuiet = this.owed.size === 0 && this.socket.bytesRead === this.#bytesWhenQuiet;
    return isQuiet ? performance.now() - this.#quietSince : 0;
  }
}

/**
 * The connections of the public side, and what is owed on each. node:http knows that too, but closes a connection as idle
 * when its next request may be on the way, and takes one that has brought no request yet for busy.
 */
export class Connections {
  readonly #bySocket = new Map<Socket, Connection>();
  #endWithAnswer = false;
  #accepted = 0;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#accepted += 1;
      this.#bySocket.set(socket, new Connection(socket));
      socket.once('close', () => this.#bySocket.delete(socket));
    });
  }

  get size(): number {
    return this.#bySocket.size;
  }

  /** How many there have ever been. */
  get accepted(): number {
    return this.#accepted;
  }

  /** A request has come; its answer is owed until `settle`. */
  owe(response: ServerResponse): void {
    const connection = this.#bySocket.get(response.req.socket);
    if (!connection) return;
    if (this.#endWithAnswer) {
      // Requests may be sent ahead of answers: only the last answer may end the connection.
      for (const before of connection.owed) before.shouldKeepAlive = true;
      response.shouldKeepAlive = false;
    }
    connection.owed.add(response);
  }

  /** An answer is out, or never will be: its response has closed. */
  settle(response: ServerResponse): void {
    this.#bySocket.get(response.req.socket)?.settle(response);
  }

  /** The answers that are owed on a connection, oldest first. */
  owedOn(socket: Socket): ServerResponse[] {
    return [...(this.#bySocket.get(socket)?.owed ?? [])];
  }

  /** From now on each connection ends with its answer, which says so: `Connection: close`. */
  endWithAnswer(): void {
    this.#endWithAnswer = true;
    for (const { owed } of this.#bySocket.values()) {
      const last = [...owed].at(-1);
      if (last) last.shouldKeepAlive = false;
    }
  }

  /** Closes those that have been quiet for as long; not one on which a request is arriving. */
  closeQuiet(milliseconds: number): void {
    for (const connection of this.#bySocket.values())
      if (connection.quietMs() >= milliseconds) connection.socket.destroy();
  }
}
