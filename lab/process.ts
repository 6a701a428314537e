import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../tools/error-code';
import {
  formatIdentity,
  identify,
  isRunning,
  parseIdentity,
  type ProcessIdentity,
} from '../tools/process-identity';

export interface ProcessStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Where the process is recorded, so that whoever comes later can find it, also after a crash. */
  readonly pidFile: string;
  readonly workingDirectory?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The process that a record names, if it is still that one and runs. */
export function recorded(pidFile: string): ProcessIdentity | null {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
  const identity = parseIdentity(text);
  return identity && isRunning(identity) ? identity : null;
}

/**
 * Starts a process that outlives its starter: a session of its own, so that Ctrl-C at the terminal does not reach it,
 * and its output in a file.
 */
export function startProcess(start: ProcessStart): ProcessIdentity {
  mkdirSync(dirname(start.logFile), { recursive: true });
  mkdirSync(dirname(start.pidFile), { recursive: true });
  const log = openSync(start.logFile, 'a');
  try {
    const child = spawn(start.command, start.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...start.environment },
      ...(start.workingDirectory === undefined ? {} : { cwd: start.workingDirectory }),
      ...start.user,
    });
    // A failed spawn is seen below by its missing pid; without a listener the later event would end this process.
    child.on('error', () => undefined);
    const identity = child.pid === undefined ? null : identify(child.pid);
    if (!identity) {
      throw new Error(`${start.command} did not start; see ${start.logFile}.`);
    }
    writeFileSync(start.pidFile, formatIdentity(identity));
    child.unref();
    return identity;
  } finally {
    closeSync(log);
  }
}

/** Sends a signal to the recorded process, and to no other that may have its pid by now. True when it was sent. */
export function signalRecorded(pidFile: string, signal: NodeJS.Signals): boolean {
  const identity = recorded(pidFile);
  if (!identity) {
    return false;
  }
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) {
      return false;
    }
    throw error;
  }
}

/** Ends the recorded process: the given signal first, SIGKILL when it still runs after `patienceMs`. */
export async function stopRecorded(
  pidFile: string,
  signal: NodeJS.Signals,
  patienceMs: number,
): Promise<void> {
  for (const attempt of [signal, 'SIGKILL'] as const) {
    if (!signalRecorded(pidFile, attempt)) {
      break;
    }
    const deadline = performance.now() + patienceMs;
    while (recorded(pidFile) && performance.now() < deadline) {
      await pause(20);
    }
  }
  if (recorded(pidFile)) {
    throw new Error(`The process recorded in ${pidFile} does not end, not even by SIGKILL.`);
  }
  rmSync(pidFile, { force: true });
}
