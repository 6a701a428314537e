import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../tools/error-code';
import { identify } from '../tools/process-identity';

/** A process with all that it has started: PostgreSQL works in processes of its own, which a signal must reach too. */
export function familyOf(pid: number): number[] {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = new Map<number, number[]>();
  for (const line of listed.trim().split('\n')) {
    const [child = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const family = [pid];
  // The list grows while it is gone through: children of children.
  for (const member of family) {
    family.push(...(children.get(member) ?? []));
  }
  return family;
}

/** Sends a signal to each of them that still runs. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) {
        throw error;
      }
    }
  }
}

/** SIGKILL, and waits until none of them runs. */
export async function killAll(pids: readonly number[]): Promise<void> {
  signalAll(pids, 'SIGKILL');
  while (pids.some((pid) => identify(pid) !== null)) {
    await pause(5);
  }
}
