import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compiledProgram } from '../lab/files';
import { recorded, startProcess, stopRecorded } from '../lab/process';

/** A worker of the log, started from its own configuration. */
export interface WorkerProcess {
  readonly logFile: string;
  /** Null when none runs. */
  pid(): number | null;
  /** Starts one, of the compiled program unless told otherwise; the one before must have ended. Does not wait until it polls. */
  start(program?: string): void;
  /** Waits until it has said that it runs. */
  started(): Promise<void>;
  /** SIGKILL: nothing of it gets to clean up. */
  kill9(): Promise<void>;
  /** SIGTERM, and SIGKILL when it still runs some time later. */
  stop(): Promise<void>;
  /** What the worker that runs now, and those before it, wrote. */
  output(): string;
}

/** A worker that takes longer than this to start, or to end, does not. Milliseconds. */
const START_MS = 60_000;
const STOP_MS = 60_000;

export function workerProcess(name: string, configurationFile: string, directory: string): WorkerProcess {
  const logFile = join(directory, `${name}.log`);
  const pidFile = join(directory, `${name}.pid`);
  const pid = () => recorded(pidFile)?.pid ?? null;
  const output = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const starts = () => output().split('worker runs').length - 1;
  let startsBefore = 0;
  return {
    logFile,
    pid,
    output,
    start: (program = compiledProgram()) => {
      if (pid() !== null) {
        throw new Error(`${name} runs already.`);
      }
      const args = [program, 'worker', '--config', configurationFile];
      startsBefore = starts();
      const environment = { RUNTIME_DIRECTORY: join(directory, 'runtime') };
      startProcess({ command: process.execPath, args, logFile, pidFile, environment });
    },
    started: async () => {
      const end = performance.now() + START_MS;
      while (starts() <= startsBefore) {
        if (pid() === null || performance.now() > end) {
          throw new Error(`${name} does not start; its log is ${logFile}.`);
        }
        await pause(50);
      }
    },
    kill9: () => stopRecorded(pidFile, 'SIGKILL', STOP_MS),
    stop: () => stopRecorded(pidFile, 'SIGTERM', STOP_MS),
  };
}
