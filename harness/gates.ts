import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { identify } from '../tools/process-identity';
import type { GateName } from '../lab/lab';
import { gateAdmin, type GateAdmin } from './gate-admin';
import type { GateSection } from './configuration';
import type { LabProcess } from './lab-process';
import { PATIENCE_MS, until } from './waiting';
import type { Way } from './worker-calls';

/** One of the gates before a log, and what a test does to it. */
export interface GateUnderTest {
  readonly name: GateName;
  /** Where it takes clients, past the balancer. */
  readonly url: string;
  /** Its admin interface, past the proxies. */
  readonly admin: GateAdmin;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended what it was doing. */
  stop(): Promise<void>;
  /** Starts it again, and waits until it serves. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** What it remembers on the disk, to be put back while it does not run; null when there is nothing. */
  savedState(): string | null;
  putBack(state: string | null): void;
}

/** A gate that a lab has started with this section of a configuration; the ways are those of the workers to it. */
export function gateUnderTest(
  lab: LabProcess,
  name: GateName,
  { listen, admin, token, stateFile }: GateSection,
  ways: () => readonly Way[],
): GateUnderTest {
  const all = async (turn: (way: Way) => Promise<void>): Promise<void> => {
    await Promise.all(ways().map(turn));
  };
  const ended = async (): Promise<void> => {
    while (lab.pidOf(name) !== null) await pause(2);
    // From now on, as at its own port.
    await all((way) => way.refuse());
  };
  return {
    name,
    url: `http://${listen}`,
    admin: gateAdmin(admin, token.file),
    kill: async () => {
      lab.killPart(name);
      await ended();
    },
    stop: async () => {
      await lab.stopPart(name);
      await ended();
    },
    start: async () => {
      const starting = lab.startPart(name);
      // What came to nothing is said below.
      starting.catch(() => undefined);
      const takesOrders = until(`${name} to take orders`, PATIENCE_MS, () => listens(admin));
      await Promise.race([takesOrders, starting]);
      await all((way) => way.accept());
      await starting;
    },
    signal: (signal) => {
      const pid = lab.pidOf(name);
      if (pid !== null && identify(pid) !== null) process.kill(pid, signal);
    },
    savedState: () => (existsSync(stateFile) ? readFileSync(stateFile, 'utf8') : null),
    putBack: (state) => {
      if (lab.pidOf(name) !== null) throw new Error(`${name} runs: it would write its own state again.`);
      if (state === null) rmSync(stateFile, { force: true });
      else writeFileSync(stateFile, state);
    },
  };
}

/** Whether a process takes connections at host:port. */
async function listens(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
