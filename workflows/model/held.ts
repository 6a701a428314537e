import type { Choice } from './choices';
import { instructionProblems, type Instruction, type Intervention } from './instruction';
import type { Refusal } from './refusals';

/** A rotation waits for a person, and goes on trying meanwhile. */
export interface Held {
  /** What cannot be finished: an undo as `undo NAME`, or a step that only goes forward. */
  readonly step: string;
  /** Why the last try of that round failed; Temporal's UI shows the latest, under Pending Activities. */
  readonly reason: Refusal;
  /** When the first try began; ISO 8601. */
  readonly since: string;
  /** Up to the round that ended last. */
  readonly tries: number;
  /** It is tried again by itself after at most so many milliseconds. */
  readonly longestPauseMs: number;
  /** What is there now, one fact a line. */
  readonly state: readonly string[];
  /** What would finish it by hand, one command a line. */
  readonly commands: readonly string[];
  readonly choices: readonly Choice[];
}

/** The argument of the Update `resume`. */
export interface ResumeInput extends Omit<Instruction, 'plan'> {
  readonly choice: Choice;
  /** The step that was seen as held; when another one is by now, it is not taken. */
  readonly step: string;
}

/**
 * What is wrong with a `resume` as it came; empty when it can be done.
 *
 * @param before what a person has decided and could not be followed yet, since a try is running.
 */
export function resumeProblems(
  input: unknown,
  held: Held | null,
  nowMs: number,
  before?: Intervention,
): string[] {
  if (held === null) {
    return ['Nothing is held: the rotation goes on by itself and waits for nobody.'];
  }
  if (before) {
    return [
      `${before.who} has said ${before.choice ?? 'something'} already; that is followed as soon as the try that runs has ended.`,
    ];
  }
  const { choices: allowed, step } = held;
  const fields = {
    choice: {
      allowed: `one of ${allowed.join(', ')} for ${step}`,
      fits: (value: unknown) => allowed.some((choice) => choice === value),
    },
    step: { allowed: `what is held, ${step}`, fits: (value: unknown) => value === step },
  };
  return instructionProblems('resume', input, { plan: null, fields, nowMs });
}
