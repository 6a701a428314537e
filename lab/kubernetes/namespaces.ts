import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { replaceFile } from '../../files/atomic-file';
import { hasCode } from '../../tools/error-code';
import { formatIdentity, identify, type ProcessIdentity } from '../../tools/process-identity';
import { recorded, signalRecorded, startProcess } from '../process';
import type { ClusterFiles } from './files';

const run = promisify(execFile);

/** The network, mounts and processes of a cluster: apart from those of this machine, and ended by one kill. */

const READY_MS = 30_000;

/** Makes the namespaces and returns the process outside that holds them. */
export async function makeNamespaces(files: ClusterFiles, signal: AbortSignal): Promise<ProcessIdentity> {
  await rm(files.prepared, { force: true });
  for (const folder of [files.podLogs, files.settings, files.running]) {
    await mkdir(folder, { recursive: true });
  }
  const logFile = join(files.logs, 'namespaces.log');
  const holder = startProcess({
    command: 'unshare',
    args: [
      // Whoever kills the process that is recorded, and not the first one inside, ends that one with it.
      ...['--net', '--mount', '--ipc', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'],
      ...['sh', join(__dirname, 'first-process.sh'), files.podLogs, files.settings, files.prepared],
    ],
    logFile,
    pidFile: files.holder,
  });
  const deadline = performance.now() + READY_MS;
  while (!existsSync(files.prepared)) {
    signal.throwIfAborted();
    if (!recorded(files.holder) || performance.now() > deadline) {
      throw new Error(`The namespaces of the cluster could not be made; ${logFile} says why.`);
    }
    await pause(20);
  }
  const first = childOf(holder);
  if (!first) {
    throw new Error(`The first process of the cluster has ended at once; ${logFile} says why.`);
  }
  await replaceFile(files.namespaces, formatIdentity(first));
  return holder;
}

function childOf({ pid }: ProcessIdentity): ProcessIdentity | null {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      // proc(5): field 4 is the parent, and field 2 may contain spaces.
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) {
        return identify(Number(name));
      }
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ESRCH')) {
        throw error;
      }
    }
  }
  return null;
}

/** The command that runs another one inside. */
export function inside({ pid }: ProcessIdentity): readonly [string, ...string[]] {
  return [
    'nsenter',
    ...[`--target=${pid}`, '--net', '--mount', '--ipc', '--uts', `--pid=/proc/${pid}/ns/pid_for_children`],
  ];
}

/** Runs a command inside and returns what it prints. */
export async function runInside(
  holder: ProcessIdentity,
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [enter, ...how] = inside(holder);
  const { stdout } = await run(enter, [...how, command, ...args], {
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/**
 * Kills everything inside, and returns when all of it has ended: the first process ends last, and its holder after it. True
 * when there was something.
 */
export async function endNamespaces(files: ClusterFiles): Promise<boolean> {
  const records = [files.namespaces, files.holder];
  const found = records.map((file) => signalRecorded(file, 'SIGKILL')).some(Boolean);
  while (records.some((file) => recorded(file) !== null)) {
    await pause(20);
  }
  return found;
}
