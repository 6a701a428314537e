import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a command may take to end itself once it is asked to, in milliseconds; clients may be waiting. */
const ASKED_MS = 200;

const LOOK_EVERY_MS = 10;

/**
 * Ends every process of a group, and returns when none of them lives: they are asked (SIGTERM), and killed (SIGKILL) when
 * that takes too long. A process that has left the group, as a daemon does, is not reached; one that this user may not
 * signal is waited for.
 *
 * @param leader the process that the group was made for, and is named after.
 */
export async function endProcessGroup(leader: number): Promise<void> {
  signalGroup(leader, 'SIGTERM');
  const asked = performance.now();
  while (performance.now() - asked < ASKED_MS) {
    if (!signalGroup(leader, 0)) {
      return;
    }
    await wait(LOOK_EVERY_MS);
  }
  signalGroup(leader, 'SIGKILL');
  while (await lives(leader)) {
    await wait(LOOK_EVERY_MS);
  }
}

/** Signals a group; false when it has no process any more. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return code === 'EPERM';
  }
}

/**
 * Whether a process of a group lives. One that has ended and that nobody reaps, as where the worker is the first process of
 * a container, can still be signalled; Linux tells which those are.
 */
async function lives(leader: number): Promise<boolean> {
  if (!signalGroup(leader, 0)) {
    return false;
  }
  const members = process.platform === 'linux' ? await membersOnLinux(leader) : undefined;
  // Where none is seen, /proc hides the processes of other users.
  return members === undefined || members.length === 0 || members.some((ended) => !ended);
}

/**
 * Of each process of a group, whether it has ended. proc(5): field 3 is the state, of the first thread only, field 5 the
 * group and field 20 the number of threads; field 2 may contain spaces.
 */
async function membersOnLinux(leader: number): Promise<boolean[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')));
  return stats.flatMap((stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, group, threads] = [fields[0], fields[2], fields[17]];
    return group === String(leader) ? [state === 'X' || (state === 'Z' && Number(threads) <= 1)] : [];
  });
}
