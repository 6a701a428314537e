import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from './error-code';

/**
 * A process, so that a later process with the same pid is never taken for it: pids are reused, a pid together with
 * the time its process started is not. lab/slot.sh writes and reads the same two words.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as one word whose form depends on the operating system; only good for comparing. */
  readonly started: string;
}

/**
 * Says which process has this pid now; null without one, or when it has ended and only waits to be reaped. One whose other
 * threads are still ending has not: its ports and locks are taken until they have.
 */
export function identify(pid: number): ProcessIdentity | null {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid);
  return started === null ? null : { pid, started };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/** The process that asks. */
export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity) {
    throw new Error(`The start time of process ${process.pid} cannot be read.`);
  }
  return identity;
}

/** One line for a file: the pid and the start time. */
export function formatIdentity(identity: ProcessIdentity): string {
  return `${identity.pid} ${identity.started}\n`;
}

/** Reads what `formatIdentity` wrote; null for anything else, such as a file that was cut short. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const match = /^([1-9]\d*) (\S+)\n$/.exec(text);
  return match?.[1] && match[2] ? { pid: Number(match[1]), started: match[2] } : null;
}

/**
 * proc(5): field 3 is the state, of the first thread only, field 20 the number of threads and field 22 the start in clock
 * ticks since boot; field 2 may contain spaces.
 */
function startedOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, threads, ticks] = [fields[0], fields[17], fields[19]];
    if (ticks === undefined || state === 'X' || (state === 'Z' && Number(threads) <= 1)) {
      return null;
    }
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${ticks}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) {
      return null;
    }
    throw error;
  }
}

function startedByPs(pid: number): string | null {
  try {
    const shown = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [state = '', ...started] = shown.trim().split(/\s+/);
    return state.startsWith('Z') || started.length === 0 ? null : started.join('_');
  } catch {
    return null; // ps ends with 1 when there is no such process.
  }
}
