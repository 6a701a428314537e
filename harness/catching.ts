import type { Held } from '../faults/exchange';
import type { GrpcRequest } from '../faults/grpc-proxy';
import type { HttpMatch, HttpProxy } from '../faults/http-proxy';
import type { SlotCommands } from './slot-commands';
import type { WorkerName } from '../faults/network';
import type { WorkerCalls } from './worker-calls';

/** A call of a worker that is held. */
export interface Caught {
  /** Whose call it is. */
  readonly worker: WorkerName;
  /** Lets it go on. */
  release(): void;
}

/** `before` its effect, or `after` it and before its answer. */
export type When = 'before' | 'after';

/** Waits until one of the workers makes a chosen call, and holds it. */
export interface Catching {
  trillian(
    when: When,
    method: string,
    where?: (request: GrpcRequest) => boolean,
    nth?: number,
  ): Promise<Caught>;
  gate(when: When, match: HttpMatch): Promise<Caught>;
  publicLog(when: When, match: HttpMatch): Promise<Caught>;
  command(when: When, slot: string, verb: string): Promise<Caught>;
}

/**
 * Whichever worker has the step, and whichever gate it calls: the first call is held, and the others are left alone. The slots'
 * commands are the same for all of them, as their configuration must be; whose command it is shows by its caller's pid.
 */
export function catching(
  workers: readonly (WorkerCalls & { readonly process: { pid(): number | null } })[],
  commands: SlotCommands,
): Catching {
  const workerOf = (pid: number): WorkerName => {
    const caller = workers.find(({ process }) => process.pid() === pid);
    if (!caller) throw new Error(`Process ${pid} is no worker.`);
    return caller.name;
  };
  const first = (arm: (calls: WorkerCalls) => readonly Held[]): Promise<Caught> =>
    new Promise((resolve) => {
      const armed = workers.flatMap((calls) => arm(calls).map((held) => ({ calls, held })));
      let caught = false;
      for (const { calls, held } of armed) {
        const reached = (): void => {
          if (caught) {
            held.release();
            return;
          }
          caught = true;
          resolve({ worker: calls.name, release: () => armed.forEach((each) => each.held.release()) });
        };
        // Never reached, or only after the cell has ended, is no error here: whoever waits has a limit of its own.
        held.reached.then(reached, () => undefined);
      }
    });
  const http = (when: When, match: HttpMatch, of: (calls: WorkerCalls) => readonly HttpProxy[]) =>
    first((calls) =>
      of(calls).map((proxy) => {
        const chosen = proxy.when({ times: 1, ...match });
        return when === 'before' ? chosen.hold() : chosen.holdAfter();
      }),
    );
  return {
    trillian: (when, method, where, nth = 1) =>
      first(({ trillian }) => {
        const chosen = trillian.when({ method, times: 1, fromNth: nth, ...(where && { where }) });
        return [when === 'before' ? chosen.hold() : chosen.holdAfter()];
      }),
    gate: (when, match) => http(when, match, ({ gates }) => gates),
    publicLog: (when, match) => http(when, match, ({ publicLog }) => [publicLog]),
    command: (when, slot, verb) =>
      new Promise((resolve) => {
        const held = when === 'before' ? commands.hold(slot, verb) : commands.holdAfter(slot, verb);
        held.reached
          .then(() => {
            resolve({ worker: workerOf(commands.callerOf(slot, verb)), release: () => held.release() });
          })
          .catch(() => undefined);
      }),
  };
}

/** One call that stands for several held ones. */
export function together(last: Caught, ...others: readonly { release(): void }[]): Caught {
  return {
    worker: last.worker,
    release: () => [last, ...others].forEach((each) => each.release()),
  };
}
