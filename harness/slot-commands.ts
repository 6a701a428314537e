import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Held } from '../faults/exchange';
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
  /** Its next run waits after it has done everything. */
  holdAfter(slot: string, verb: string): Held;
  /** The pid of whoever called the command that is held, or was last. */
  callerOf(slot: string, verb: string): number;
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
  const held = (slot: string, verb: string, fault: string): Held => {
    const [waits, reached] = [file(slot, verb, fault), file(slot, verb, 'reached')];
    rmSync(reached, { force: true });
    put(waits);
    return {
      reached: until(`the command ${slot}-${verb}`, 60_000, () => existsSync(reached)).then(() => undefined),
      release: () => rmSync(waits, { force: true }),
    };
  };
  return {
    wrapped: (slot, verb, command) => ['/bin/sh', script, directory, `${slot}-${verb}`, ...command],
    fail: (slot, verb) => put(file(slot, verb, 'fails')),
    startsButDies: (slot) => put(file(slot, 'start', 'dies')),
    hold: (slot, verb) => held(slot, verb, 'waits'),
    holdAfter: (slot, verb) => held(slot, verb, 'lingers'),
    callerOf: (slot, verb) => Number(readFileSync(file(slot, verb, 'reached'), 'utf8')),
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    forgetCalls: () => rmSync(calls, { force: true }),
    clear: () => {
      for (const name of readdirSync(directory).filter((entry) => entry !== 'calls')) {
        rmSync(join(directory, name));
      }
    },
  };
}
