import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { errorReason } from '../../errors/error-reason';
import { refuse } from '../../errors/refusal-error';
import { abortReason } from '../../bounds/waiting';
import { endProcessGroup } from './process-group';

/** The commands of a slot: program and arguments, run without a shell, with the worker's user and environment. */
export interface SlotCommands {
  /** Starts the slot's Rekor and returns; it must not leave its own output open to the started process. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
  /** Exits 0 when the slot runs and 1, 2 or 3 when it does not, as `systemctl is-active` and init scripts do (LSB). */
  readonly status: readonly string[];
  /** Lets the slot start after a reboot. */
  readonly enable?: readonly string[] | undefined;
  /** Lets it not. */
  readonly disable?: readonly string[] | undefined;
}

/** One command of a slot, which is named in words. */
export interface SlotCommand {
  readonly slot: string;
  readonly verb: keyof SlotCommands;
  readonly command: readonly string[];
}

/** A command that has exited but whose output stays open this long (ms) has handed it to a process it started. */
const outputClosesWithin = 500;

/**
 * Runs one command of a slot to its end. Refuses with COMMAND_FAILED; throws the signal's reason when it aborts, once the
 * command and all that it started in its process group have ended.
 */
export async function runSlotCommand(command: SlotCommand, signal: AbortSignal): Promise<void> {
  const exitCode = await run(command, signal);
  if (exitCode !== 0) throw failed(command, `it exited with ${exitCode}`);
}

/** True when the slot's status command says that it runs; refuses an answer that is neither yes nor no. */
export async function slotIsRunning(command: SlotCommand, signal: AbortSignal): Promise<boolean> {
  const exitCode = await run(command, signal);
  if (exitCode === 0) return true;
  if (exitCode <= 3) return false;
  const reason = `it exited with ${exitCode}; 0 means running, 1 to 3 not running`;
  throw failed(command, reason);
}

function failed({ slot, verb, command }: SlotCommand, reason: string, cause?: unknown): Error {
  const purpose = `${verb === 'status' ? 'ask' : verb} ${slot}`;
  return refuse('COMMAND_FAILED', { purpose, command: command.join(' '), reason }, cause);
}

/**
 * Runs a command in a process group of its own, to its exit code. When the signal aborts, whatever the reason, everything in
 * the group is ended first and the reason thrown then: what follows a command that was given up must not run beside it (H8).
 * What it writes is not kept: it may quote the slot's files, with their passwords (H28).
 */
async function run(command: SlotCommand, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const [program = '', ...args] = command.command;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.resume();
  const ended = endOf(child, command);
  const { pid } = child;
  if (pid === undefined) {
    return await ended;
  }
  const groupsEnd: Promise<void>[] = [];
  const giveUp = (): void => {
    // A process that has left the group may keep the output open.
    groupsEnd.push(endProcessGroup(pid).finally(() => child.stderr.destroy()));
  };
  signal.addEventListener('abort', giveUp, { once: true });
  await Promise.allSettled([ended]);
  signal.removeEventListener('abort', giveUp);
  if (signal.aborted) {
    await Promise.all(groupsEnd);
    throw abortReason(signal);
  }
  return await ended;
}

/** How a command ended by itself: its exit code. */
async function endOf(
  child: ChildProcessByStdio<null, null, Readable>,
  command: SlotCommand,
): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    const refused = (reason: string, cause?: unknown): Error => failed(command, reason, cause);
    child.once('error', (error) => reject(refused(`it cannot be run: ${errorReason(error)}`, error)));
    child.once('exit', () => {
      const outputIsHeld = setTimeout(() => {
        child.stderr.destroy();
        reject(refused('it left a process behind that keeps its output open; let that one write elsewhere'));
      }, outputClosesWithin);
      child.once('close', () => clearTimeout(outputIsHeld));
    });
    child.once('close', (exitCode, endedBy) => {
      if (exitCode !== null) resolve(exitCode);
      else reject(refused(`it was ended by ${endedBy ?? 'a signal'}`));
    });
  });
}
