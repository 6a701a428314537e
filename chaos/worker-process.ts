import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compiledProgram } from '../lab/files';
import { recorded, startProcess, stopRecorded } from '../lab/process';

/** A worker of the log, started from its own configuration. */
export interface WorkerProcess {
  readonly logFile: string;
  pid(): number | null;
  /** Starts it unless it runs; does not wait until it polls. */
  start(): void;
  /** Waits until it has said that it runs. */
  started(): Promise<void>;
  stop(): Promise<void>;
}

/** A worker that takes longer than this to start, in milliseconds, does not start. */
const START_MS = 60_000;
const STOP_MS = 15_000;

export function workerProcess(name: string, configurationFile: string, directory: string): WorkerProcess {
  const logFile = join(directory, `${name}.log`);
  const pidFile = join(directory, `${name}.pid`);
  const pid = () => recorded(pidFile)?.pid ?? null;
  let startsBefore = 0;
  const starts = () =>
    existsSync(logFile) ? readFileSync(logFile, 'utf8').split('worker runs').length - 1 : 0;
  return {
    logFile,
    pid,
    start: () => {
      if (pid() === null) {
        const args = [compiledProgram(), 'worker', '--config', configurationFile];
        startsBefore = starts();
        startProcess({ command: process.execPath, args, logFile, pidFile });
      }
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
    stop: () => stopRecorded(pidFile, 'SIGTERM', STOP_MS),
  };
}
