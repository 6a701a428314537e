import { Client } from 'undici';
import type { LoadedShards } from '../workflows/model/shards';
import type { Answer } from './answers';
import { LOG_INFO_PATH, readLoadedShards } from './loaded-shards';
import {
  askOver,
  BrokenCall,
  brokenReason,
  oneCallAtATime,
  type Call,
  type Connect,
  type Load,
} from './upstream';

/** Nothing of the call has left the gate: its connection had ended before. */
export class NotSent extends Error {
  constructor(reason: string) {
    super(`nothing was sent: ${reason}`);
    this.name = 'NotSent';
  }
}

/**
 * One connection to one Rekor process, for one call at a time. It is opened by its first call and never again: what is
 * true of the process at its other end stays true, for a process that ends takes its connections with it.
 */
export interface Connection {
  /** What the process has loaded. Rejects with the reason when it cannot be asked. */
  loaded(): Promise<LoadedShards>;
  /** Rejects with NotSent, or with BrokenCall when the process may have seen the call. */
  send(call: Call, signal?: AbortSignal): Promise<Answer>;
  /** Calls `act` once the connection has ended; `broke` unless the gate itself gave it up after it was idle. */
  onEnd(act: (broke: boolean) => void): void;
  /** Breaks the call that has not ended. */
  close(): void;
}

/** Opens nothing yet; the first call does. Its calls count in `load`. */
export function newConnection(url: string, load: Load, connect: Connect): Connection {
  let opened = false;
  const client = new Client(url, {
    ...oneCallAtATime,
    connect: (options, callback) => {
      // Whenever undici finds its connection gone it asks for another one, which may lead to another process.
      if (opened) {
        callback(new Error('the connection has ended'), null);
        return;
      }
      opened = true;
      connect(options, callback);
    },
  });
  return {
    async loaded() {
      const question: Call = { method: 'GET', path: LOG_INFO_PATH, headers: [], body: null };
      const answer = await askOver(client, load, question);
      if (answer.status === 200) return readLoadedShards(answer.body.toString('utf8'));
      throw new Error(`it answered GET ${LOG_INFO_PATH} with ${answer.status}`);
    },
    async send(call, signal) {
      try {
        return await askOver(client, load, call, signal);
      } catch (error) {
        // What cannot be sent at all is told its client, and not tried again.
        if (error instanceof BrokenCall && error.asked && !error.sent) throw new NotSent(brokenReason(error));
        throw error;
      }
    },
    onEnd(act) {
      client.once('disconnect', (_origin, _targets, error) => {
        act((error as NodeJS.ErrnoException).code !== 'UND_ERR_INFO');
      });
    },
    close() {
      // It resolves when the socket has closed; nobody waits for that.
      void client.destroy();
    },
  };
}
