import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Held } from './faults/exchange';
import { until } from './waiting';

/** The commands of a log's slots, with a fault before chosen ones; works also once the worker that ran them is dead. */
export interface SlotCommands {
  /** The command to configure in place of the given one. */
  wrapped(slot: string, verb: string, command: readonly string[]): string[];
  /** From now on it exits 1 without having done anything. */
  fail(slot: string, verb: string): void;
  /** From now on it exits 0, but what it should start is dead. */
  startsButDies(slot: string): void;
  /** Its next run waits before it does anything. */
  hold(slot: string, verb: string): Held;
  /** `<slot>-<verb>` of each run so far. */
  calls(): readonly string[];
  forgetCalls(): void;
  clear(): void;
}

const script = resolve(__dirname, 'slot-command.sh');

export function slotCommands(directory: string): SlotCommands {
  mkdirSync(directory, { recursive: true });
  const file = (slot: string, verb: string, fault: string) => join(directory, `${slot}-${verb}.${fault}`);
  const calls = join(directory, 'calls');
  const put = (path: string) => writeFileSync(path, '');
  return {
    wrapped: (slot, verb, command) => ['/bin/sh', script, directory, `${slot}-${verb}`, ...command],
    fail: (slot, verb) => put(file(slot, verb, 'fails')),
    startsButDies: (slot) => put(file(slot, 'start', 'dies')),
    hold: (slot, verb) => {
      put(file(slot, verb, 'waits'));
      return {
        reached: until(`the command ${slot}-${verb}`, 60_000, () =>
          existsSync(file(slot, verb, 'reached')),
        ).then(() => undefined),
        release: () => rmSync(file(slot, verb, 'waits'), { force: true }),
      };
    },
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    forgetCalls: () => rmSync(calls, { force: true }),
    clear: () => {
      for (const name of readdirSync(directory).filter((entry) => entry !== 'calls')) {
        rmSync(join(directory, name));
      }
    },
  };
}
