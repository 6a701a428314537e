import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { within } from '../../harness/waiting';
import { PATIENCE_MS } from '../patience';

/** A process of ours, with its output in a file. */
export interface Child {
  readonly pid: number;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  running(): boolean;
  output(): string;
  /** SIGKILL: no part of it runs another instruction. */
  kill9(): Promise<void>;
  /** SIGTERM, and SIGKILL when it still runs after a minute. */
  stop(): Promise<void>;
}

/** Starts Node.js with the given arguments. */
export function startNode(name: string, args: readonly string[], logFile: string): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`${name} did not start.`);
  }
  let running = true;
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      resolve(code ?? signal ?? 'unknown');
    });
  });
  const output = () => readFileSync(logFile, 'utf8');
  const kill9 = async () => {
    child.kill('SIGKILL');
    await within(`${name} to end by SIGKILL`, PATIENCE_MS, ended);
  };
  return {
    pid,
    ended,
    running: () => running,
    output,
    kill9,
    stop: async () => {
      child.kill('SIGTERM');
      try {
        await within(`${name} to end by SIGTERM`, PATIENCE_MS, ended);
      } catch {
        await kill9();
      }
    },
  };
}
