import type { Configuration } from '../config/configuration';
import { logNamed } from '../config/load';
import type { Progress } from '../workflows/messages';
import type { Instruction, InstructionName } from '../workflows/model/instruction';
import { inMinutes } from '../workflows/model/times';
import { waitedFor } from '../workflows/model/waiting';
import { CommandError, innermost, refusalWithin } from './errors';
import { exitCodes } from './exit-codes';
import { pausedText } from './paused-text';
import type { OpenRotation, RotationClient } from './rotation-client';
import type { RotationHandle } from './rotation-handle';
import type { Terminal } from './terminal';
import { wrap } from './text';
import { atTerminal } from './terminal-words';
import { whenText } from './times';

/** How a command finds the rotation that it tells something, sends that, and says what became of it. */

/** So long an instruction lasts that no worker has taken; minutes. */
const LASTS_MINUTES = 5;

/** Which workflow of a rotation answers: the one that was started, before it begins; or the one that holds the lock. */
const answeredBy: Readonly<Record<InstructionName, readonly OpenRotation['stage'][]>> = {
  approve: ['asked'],
  reject: ['asked'],
  postpone: ['asked'],
  goNow: ['asked', 'running'],
  holdAfter: ['asked', 'running'],
  rollBack: ['running'],
  resume: ['running'],
};

/** A rotation that can be told something. */
export interface Addressee {
  readonly handle: RotationHandle;
  readonly log: string;
  readonly progress: Progress;
}

/** What is to be told, and to which of the rotations of a log if several are open. */
export interface Wanted {
  readonly log: string;
  readonly update: InstructionName;
  /** A rotation id, or a workflow id. */
  readonly rotation?: string | undefined;
}

/**
 * The one rotation of a log that an instruction is for.
 *
 * @throws CommandError when there is none, it is paused, or it does not answer; and when there are several and nobody has said
 *   which.
 */
export async function addresseeOf(
  client: RotationClient,
  configuration: Configuration,
  { log, update, rotation }: Wanted,
): Promise<Addressee> {
  const open = (await client.openRotations(log)).filter(
    ({ what, stage }) => what === 'rotation' && answeredBy[update].includes(stage),
  );
  const found = oneOf(open, { log, update, rotation });
  if (!found) {
    // A misspelt name must not read as "nothing waits".
    logNamed(configuration, log);
    const stages = { asked: 'waits to begin', running: 'runs' } as const;
    const where = answeredBy[update].map((stage) => stages[stage]).join(' or ');
    const which = rotation === undefined ? '' : ` with the id ${rotation}`;
    throw new CommandError(
      `No rotation of ${log}${which} ${where}: there is nobody to tell. Look with \`rekor-rotate status ${log}\`.`,
      exitCodes.refused,
    );
  }
  const { handle, paused, progress } = found;
  if (paused) {
    throw new CommandError(pausedText(log, paused), exitCodes.refused);
  }
  if (!progress) {
    throw new CommandError(
      `No worker answers for ${handle.workflowId}. Start one with \`rekor-rotate worker\`, then say it again.`,
      exitCodes.failed,
    );
  }
  return { handle, log, progress };
}

/**
 * The one that is meant: by its id, or the only one, or the only one that waits for this; undefined for none.
 *
 * @throws CommandError when there are several and nobody has said which.
 */
export function oneOf(
  open: readonly OpenRotation[],
  { log, update, rotation }: Partial<Wanted> & Pick<Wanted, 'log'>,
): OpenRotation | undefined {
  if (rotation !== undefined) {
    return open.find(
      ({ handle, progress }) => progress?.rotationId === rotation || handle.workflowId === rotation,
    );
  }
  const waiting = open.filter(({ progress }) => progress?.takes.some((taken) => taken.update === update));
  const candidates = waiting.length > 0 ? waiting : open;
  if (candidates.length > 1) {
    throw new CommandError(
      [
        `${candidates.length} of ${log} are open. Say which one with --rotation ID:`,
        ...candidates.map(openText),
      ].join('\n'),
      exitCodes.usage,
    );
  }
  return candidates[0];
}

function openText({ handle, startedAt, progress }: OpenRotation): string {
  const id = progress?.rotationId ?? handle.workflowId;
  const does = progress?.waiting
    ? `it waits for ${waitedFor[progress.waiting.for]}`
    : (progress?.phase ?? 'no worker answers');
  return `${id}: started at ${startedAt.toISOString()}, ${does}`;
}

/** What every instruction says, with what this one says besides: for the plan that is shown now, for some minutes. */
export function instruction<More extends object>(
  { log, progress: { planHash } }: Addressee,
  { who, why }: Pick<Instruction, 'who' | 'why'>,
  more: More,
): Instruction & More {
  if (planHash === null) {
    throw new CommandError(
      `The rotation of ${log} has no plan yet. Say it again in a moment.`,
      exitCodes.refused,
    );
  }
  // A worker that comes back an hour later must not follow what was said of the log as it is now.
  return { plan: planHash, until: inMinutes(Date.now(), LASTS_MINUTES), who, why, ...more };
}

/**
 * Sends an Update to a workflow that is open already, and gives its answer.
 *
 * @param until when what is sent is void; ISO 8601.
 * @throws CommandError with the refusal; or, when no answer came in time, with what may still happen.
 */
export async function tell(
  client: RotationClient,
  { handle, log }: Pick<Addressee, 'handle' | 'log'>,
  {
    update,
    input,
    until,
  }: { readonly update: InstructionName; readonly input: object; readonly until: string },
  terminal: Terminal,
): Promise<string> {
  try {
    return atTerminal(update, await client.tell(handle, update, input, terminal.interrupted));
  } catch (error) {
    throw notTaken(error, { update, log, until }, terminal);
  }
}

/** Says what the rotation has answered. */
export function printAnswer({ log, progress }: Addressee, answer: string, terminal: Terminal): void {
  const text = `${progress.rotationId ?? log}: ${answer} Watch it with \`rekor-rotate status --watch ${log}\`.`;
  terminal.out(wrap(text, terminal.columns).join('\n'));
}

function notTaken(
  error: unknown,
  { update, log, until }: { readonly update: InstructionName; readonly log: string; readonly until: string },
  terminal: Terminal,
): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  const refusal = refusalWithin(error);
  switch (error.name) {
    case 'WorkflowUpdateFailedError': {
      const text = refusal
        ? `${atTerminal(update, refusal.message)} ${refusal.remedy} (${refusal.code})`
        : innermost(error).message;
      return new CommandError(text, exitCodes.refused, { cause: error });
    }
    case 'WorkflowNotFoundError':
      return new CommandError('It has ended meanwhile, and was told nothing.', exitCodes.refused, {
        cause: error,
      });
    case 'WorkflowUpdateRPCTimeoutOrCancelledError':
      return new CommandError(
        `No answer has come in time. It may still be carried out until ${whenText(until, terminal.timeZone)}, and not after that. Look with \`rekor-rotate status ${log}\` before you say it again.`,
        terminal.interrupted.aborted ? exitCodes.detached : exitCodes.failed,
        { cause: error },
      );
    default:
      return error;
  }
}
