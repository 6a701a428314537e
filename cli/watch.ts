import { setTimeout as pause } from 'node:timers/promises';
import { whileNoneIsAborted } from '../activities/bounds/signals';
import { criticalSectionId, lockId, type Progress } from '../workflows/messages';
import type { Pause } from '../workflows/model/executions';
import { isOfInput, type Refusal } from '../workflows/model/refusals';
import type { RotationResult } from '../workflows/model/result';
import { CommandError, innermost, refusalWithin } from './errors';
import { exitCodes } from './exit-codes';
import { pausedText } from './paused-text';
import { progressNews, progressPicture } from './progress-text';
import type { RotationClient, Started } from './rotation-client';
import type { RotationHandle } from './rotation-handle';
import { Picture, type Terminal } from './terminal';

/** How often a watcher looks. A terminal is redrawn more often than a pipe is told. Milliseconds. */
const LOOK_MS = { terminal: 300, pipe: 1_000 };

/** Without a sign of life for this long, a watcher says why. Milliseconds. */
const SILENCE_MS = 3_000;

export interface Watch {
  readonly client: Pick<
    RotationClient,
    'progress' | 'result' | 'lock' | 'pausedAmong' | 'hasWorker' | 'taskQueue'
  >;
  readonly log: string;
  readonly terminal: Terminal;
  /** Progress is said on standard error and never redrawn, so that standard output has the result alone. */
  readonly json: boolean;
  /** Said when Ctrl-C ends the watching. */
  readonly detached: string;
  /** What is watched changes the log, and may leave something half way. */
  readonly leaves?: boolean;
}

/**
 * Shows a rotation until it ends and gives its result. Throws a `CommandError` when it ended without one, or when
 * Ctrl-C ended the watching; the rotation knows nothing of its watchers.
 */
export async function watchRotation(rotation: RotationHandle, watch: Watch): Promise<RotationResult> {
  return await untilEnded(rotation, watch, (stop) => show(rotation, watch, stop));
}

/**
 * Waits for a workflow that takes seconds and shows nothing of itself; says so when no worker is there. One that fails with
 * a refusal has changed nothing.
 */
export async function waitFor<Result>(workflow: Started<Result>, watch: Watch): Promise<Result> {
  try {
    return await untilEnded(workflow, watch, async (stop) => {
      await rest(SILENCE_MS, stop);
      if (!stop.aborted) {
        const pause = await pauseOf(watch, workflow.workflowId);
        watch.terminal.err(pause ? waitsFor(watch, pause) : await whySilent(watch.client));
      }
    });
  } catch (error) {
    const refusal = refusalWithin(error);
    throw refusal ? refusedError(refusal, error) : error;
  }
}

async function untilEnded<Result>(
  workflow: Started<Result>,
  { client, log, terminal, detached, leaves = false }: Watch,
  meanwhile: (stop: AbortSignal) => Promise<void>,
): Promise<Result> {
  const ended = new AbortController();
  const [outcome] = await Promise.allSettled([
    client.result(workflow, terminal.interrupted).finally(() => ended.abort()),
    whileNoneIsAborted([ended.signal, terminal.interrupted], meanwhile),
  ]);
  if (outcome.status === 'fulfilled') {
    return outcome.value;
  }
  if (terminal.interrupted.aborted) {
    throw new CommandError(detached, exitCodes.detached);
  }
  throw endedBadly(workflow, outcome.reason, leaves ? log : undefined);
}

async function show(rotation: RotationHandle, watch: Watch, stop: AbortSignal): Promise<void> {
  const { terminal, client } = watch;
  const redraws = terminal.redraws && !watch.json;
  const say = (line: string): void => (watch.json ? terminal.err(line) : terminal.out(line));
  const picture = new Picture(terminal);
  const silence = new Silence(watch, rotation.workflowId);
  let before: Progress | undefined;
  let since = Date.now();
  while (!stop.aborted) {
    const now = await currentProgress(rotation, client);
    if (aborted(stop)) {
      return;
    }
    await silence.heard(now !== null);
    if (now) {
      if (now.phase !== before?.phase) {
        since = Date.now();
      }
      if (redraws) {
        const look = { sinceMs: Date.now() - since, columns: picture.columns, timeZone: terminal.timeZone };
        picture.draw(progressPicture(now, look));
      } else {
        progressNews(before, now, terminal.timeZone).forEach(say);
      }
      before = now;
    }
    await rest(redraws ? LOOK_MS.terminal : LOOK_MS.pipe, stop);
  }
}

/** Phases in which another workflow may have taken over: the one that is the lock. */
const beforeTheLock: ReadonlySet<string> = new Set(['preflight', 'rotation', 'recovery']);

/** Once the rotation holds the lock, its steps are shown by the workflow that is the lock. */
async function currentProgress(rotation: RotationHandle, client: Watch['client']): Promise<Progress | null> {
  const progress = await client.progress(rotation);
  if (!progress || !beforeTheLock.has(progress.phase)) {
    return progress;
  }
  const lock = await client.lock(progress.log).catch(() => ({ state: 'never' as const }));
  const ours = lock.state !== 'never' && lock.startedBy === rotation.workflowId;
  return (ours ? await client.progress(lock.handle) : null) ?? progress;
}

/** Says once that nothing is heard or that nothing goes on, and why; and once when it goes on again. */
class Silence {
  readonly #watch: Watch;
  readonly #workflowId: string;
  #heard = Date.now();
  #looked = Date.now();
  #said = false;
  #paused = false;

  constructor(watch: Watch, workflowId: string) {
    this.#watch = watch;
    this.#workflowId = workflowId;
  }

  async heard(something: boolean): Promise<void> {
    await this.#lookForPause();
    if (something || this.#paused) {
      this.#heard = Date.now();
      this.#said = false;
      return;
    }
    if (this.#said || Date.now() - this.#heard < SILENCE_MS) {
      return;
    }
    this.#said = true;
    this.#watch.terminal.err(await whySilent(this.#watch.client));
  }

  /** A paused workflow may still say how far it is: that it answers does not mean that it goes on. */
  async #lookForPause(): Promise<void> {
    if (Date.now() - this.#looked < SILENCE_MS) {
      return;
    }
    const { log, terminal } = this.#watch;
    const pause = await pauseOf(this.#watch, this.#workflowId);
    this.#looked = Date.now();
    if (pause && !this.#paused) {
      terminal.err(waitsFor(this.#watch, pause));
    } else if (!pause && this.#paused) {
      terminal.err(`${log}: it is no longer paused.`);
    }
    this.#paused = pause !== null;
  }
}

/** Whether a workflow stands still, or what it waits for. */
async function pauseOf({ client, log }: Watch, workflowId: string): Promise<Pause | null> {
  return await client.pausedAmong([workflowId, lockId(log), criticalSectionId(log)]);
}

function waitsFor({ log }: Watch, pause: Pause): string {
  return `${pausedText(log, pause)} Waiting.`;
}

/** Why nothing is heard of a workflow, as far as Temporal knows. */
async function whySilent(client: Watch['client']): Promise<string> {
  const worker = await client.hasWorker().catch(() => true);
  return worker
    ? `The worker of the task queue ${client.taskQueue} does not answer; waiting for it. If it has ended, start one with \`rekor-rotate worker\`.`
    : `No worker polls the task queue ${client.taskQueue}: start one with \`rekor-rotate worker\`. Waiting.`;
}

/** @param left the log of which it may have left something half way. */
function endedBadly(workflow: Started<unknown>, reason: unknown, left?: string): Error {
  if (!(reason instanceof Error) || reason.name !== 'WorkflowFailedError') {
    return reason instanceof Error ? reason : new Error(String(reason));
  }
  const refusal = refusalWithin(reason);
  if (refusal && isOfInput(refusal)) {
    return refusedError(refusal, reason);
  }
  const why = innermost(reason).message;
  const message = `The workflow ${workflow.workflowId} ended without a result: ${why.replace(/\.+$/, '')}. Look at it in the Temporal UI.${left === undefined ? '' : ` What it left half way is found by \`rekor-rotate recover ${left} --dry-run\`.`}`;
  return new CommandError(message, exitCodes.failed, { cause: reason });
}

function refusedError({ message, remedy, code }: Refusal, cause: unknown): CommandError {
  const exit = isOfInput({ code }) ? exitCodes.usage : exitCodes.refused;
  return new CommandError(`${message} ${remedy} (${code})`, exit, { cause });
}

/** A getter that the compiler does not take for a constant between two awaits. */
function aborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Waits; an abort ends it early. */
function rest(ms: number, stop: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal: stop }).catch(() => undefined);
}
