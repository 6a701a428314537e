import { readFileSync } from 'node:fs';
import { clusterFiles } from '../lab/kubernetes/files';
import { programFiles, type ProgramName } from '../lab/kubernetes/programs';
import { recorded, startProcess } from '../lab/process';
import { descendantsOf } from './traces';
import { PATIENCE_MS, until } from './waiting';

/** A program of a cluster that was killed. */
export interface KilledProgram {
  /** Starts it with the same words and the same surroundings. */
  startAgain(): void;
}

/** Kills a program of the cluster in this directory at once, and returns when it has ended. */
export async function killProgram(directory: string, name: ProgramName): Promise<KilledProgram> {
  const { pidFile, logFile } = programFiles(clusterFiles(directory), name);
  // What is recorded enters the namespaces and starts the program there.
  const entering = recorded(pidFile);
  if (!entering) throw new Error(`${name} does not run.`);
  const [command = '', ...args] = textsOf(entering.pid, 'cmdline');
  const environment = Object.fromEntries(
    textsOf(entering.pid, 'environ').map((text) => {
      const [variable = '', ...value] = text.split('=');
      return [variable, value.join('=')];
    }),
  );
  descendantsOf([entering.pid])
    .filter((pid) => pid !== entering.pid)
    .forEach(kill);
  await until(`the end of ${name}`, PATIENCE_MS, () => Promise.resolve(recorded(pidFile) === null));
  return { startAgain: () => void startProcess({ command, args, environment, pidFile, logFile }) };
}

/** Kills the first of these processes whose command line is like this. */
export function killOneOf(processes: readonly number[], commandLine: RegExp): void {
  const found = processes.find((pid) => commandLine.test(textsOf(pid, 'cmdline').join(' ')));
  if (found === undefined) throw new Error(`No process is like ${commandLine.source}.`);
  kill(found);
}

/** Each of these processes whose command line is like this does nothing any more, and does not end: as on a node that hangs. */
export function stopAllOf(processes: readonly number[], commandLine: RegExp): void {
  const found = processes.filter((pid) => commandLine.test(textsOf(pid, 'cmdline').join(' ')));
  if (found.length === 0) throw new Error(`No process is like ${commandLine.source}.`);
  found.forEach((pid) => process.kill(pid, 'SIGSTOP'));
}

/** proc(5): each text ends with a zero. None of a process that has ended. */
function textsOf(pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
      .split('\0')
      .filter((text) => text !== '');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
