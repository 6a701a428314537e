import type { Logger } from 'pino';
import { loadedDifferences, sameShards, type LoadedShards } from '../workflows/model/shards';
import type { Answer } from './answers';
import type { Clock } from './clock';
import type { Connection } from './connection';
import type { Line } from './line';
import { BrokenCall, brokenReason, type Call, type Load } from './upstream';

/** While no process answers, one is looked for this often; so soon after a right one answers, writes go on. */
const LOOK_AGAIN_MS = 20;

/** One that has answered otherwise than it should stays so until it ends, and each question costs it some of Trillian. */
const ASK_AGAIN_MS = 200;

/** A healthy Rekor answers in some ms, also with many shards; one that does not is asked again on another connection. */
const PROOF_WITHIN_MS = 2_000;

/** Told once: here is a line; or null, look for another way. */
export type Settle = (line: Line | null) => void;

export interface ProvenParts {
  readonly url: string;
  readonly shards: LoadedShards;
  readonly load: Load;
  readonly connect: () => Connection;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whoever has waited longest for a line to any instance; undefined when nobody waits, or none of these is wanted. */
  readonly firstWaiting: () => Settle | undefined;
  /** There is one more instance, or one less, for those who wait. */
  readonly openMore: () => void;
}

/**
 * The connections over which writes go to one instance. Each has been asked for its shards since it was opened, so no write
 * reaches a process that was started since with other lengths, or another one behind the same address (H10).
 */
export class ProvenConnections {
  readonly #parts: ProvenParts;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #opening = 0;
  #unproven: string | null = null;
  #retired = false;
  #stopPause: (() => void) | null = null;

  constructor(parts: ProvenParts) {
    this.#parts = parts;
  }

  /** Why the last process that was asked is sent no write; null when it is sent some. */
  get unproven(): string | null {
    return this.#unproven;
  }

  get url(): string {
    return this.#parts.url;
  }

  get busy(): number {
    return this.#parts.load.busy;
  }

  /** Connections that are being proven. */
  get opening(): number {
    return this.#opening;
  }

  /** Whether there is a line that is free now. */
  get isIdle(): boolean {
    return this.#idle.length > 0;
  }

  /** Whether another connection is worth a try: nothing speaks against the last one. */
  get mayOpen(): boolean {
    return !this.#retired && this.#unproven === null;
  }

  /** Whether all its connections are closed. */
  get ended(): boolean {
    return this.#all.size === 0;
  }

  leadsTo(url: string, shards: LoadedShards | null): boolean {
    return this.#parts.url === url && shards !== null && sameShards(this.#parts.shards, shards);
  }

  /** A line that is free now. */
  now(): Line | undefined {
    const connection = this.#idle.pop();
    return connection && this.#line(connection);
  }

  /** Nothing new goes here any more; calls under way end. */
  retire(): void {
    this.#retired = true;
    this.#stopPause?.();
    for (const connection of [...this.#idle]) this.#drop(connection);
  }

  /** Breaks the calls that have not ended. */
  destroy(): void {
    this.retire();
    for (const connection of [...this.#all]) this.#drop(connection);
  }

  /** Opens one more, for whoever will want it. */
  open(): void {
    const { connect, shards, clock } = this.#parts;
    const connection = connect();
    this.#opening += 1;
    this.#all.add(connection);
    const stopClock = clock.after(PROOF_WITHIN_MS, () => connection.close());
    connection
      .loaded()
      .finally(() => {
        stopClock();
        this.#opening -= 1;
      })
      .then((loaded) => {
        const differences = loadedDifferences(loaded, shards);
        if (differences.length > 0) throw new Error(differences.join('; '));
        this.#proven(connection);
      })
      .catch((error: unknown) => this.#notProven(connection, error));
  }

  #proven(connection: Connection): void {
    if (this.#unproven !== null) {
      this.#unproven = null;
      this.#parts.log.info({ instance: this.#parts.url }, 'Rekor is proven: writes go on');
    }
    connection.onEnd((broke) => {
      this.#drop(connection);
      // Its process may have ended: the next one is asked now, not when a write has come.
      if (broke && !this.#retired && this.#opening === 0 && !this.#stopPause) this.open();
    });
    this.#free(connection);
    this.#parts.openMore();
  }

  #notProven(connection: Connection, error: unknown): void {
    this.#drop(connection);
    if (this.#retired) return;
    const unanswered = error instanceof BrokenCall;
    const reason = unanswered ? `no answer: ${brokenReason(error)}` : messageOf(error);
    if (reason !== this.#unproven)
      this.#parts.log.error({ instance: this.#parts.url, reason }, 'Rekor is not proven: no write is sent');
    this.#unproven = reason;
    this.#stopPause ??= this.#parts.clock.after(unanswered ? LOOK_AGAIN_MS : ASK_AGAIN_MS, () => {
      this.#stopPause = null;
      if (this.#opening === 0) this.open();
    });
    this.#parts.openMore();
  }

  #line(connection: Connection): Line {
    return {
      instance: this.#parts.url,
      send: async (call: Call, signal?: AbortSignal): Promise<Answer> => {
        try {
          const answer = await connection.send(call, signal);
          this.#free(connection);
          return answer;
        } catch (error) {
          // Whatever went wrong, nothing is sent over it again.
          this.#drop(connection);
          this.#parts.openMore();
          throw error;
        }
      },
      unused: () => this.#free(connection),
    };
  }

  #free(connection: Connection): void {
    if (!this.#all.has(connection)) return;
    const first = this.#parts.firstWaiting();
    if (first) first(this.#line(connection));
    else if (this.#retired) this.#drop(connection);
    else this.#idle.push(connection);
  }

  #drop(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    connection.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
