import type { Refusal } from './refusals';

/** What a person may decide about something that a rotation cannot finish by itself. */
export const choices = ['retry', 'skip', 'giveUp'] as const;
export type Choice = (typeof choices)[number];

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
export interface ResumeInput {
  readonly choice: Choice;
  /** Who decides; a claim, as Temporal's UI knows nobody (H25). */
  readonly who: string;
  readonly why: string;
  /** The step that was seen as held; when another one is by now, the order is not taken. */
  readonly step?: string;
}

/** A decision that was made, as the result keeps it. */
export interface Intervention extends ResumeInput {
  readonly step: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * What is wrong with a `resume` as it came; empty when it can be done.
 *
 * @param before what a person has decided and could not be followed yet, since a try is running.
 */
export function resumeProblems(order: unknown, held: Held | null, before?: Intervention): string[] {
  if (held === null) {
    return ['Nothing is held: the rotation goes on by itself and waits for nobody.'];
  }
  if (before) {
    return [
      `${before.who} has said ${before.choice} already; that is followed as soon as the try that runs has ended.`,
    ];
  }
  if (typeof order !== 'object' || order === null || Array.isArray(order)) {
    return ['resume takes one JSON object: {"choice": "retry", "who": "your name", "why": "a reason"}.'];
  }
  const { choice, who, why, step }: Partial<Record<keyof ResumeInput, unknown>> = order;
  const problems: string[] = [];
  if (step !== undefined && step !== held.step) {
    problems.push(`step is ${shown(step)}; held is ${held.step} by now.`);
  }
  if (!held.choices.some((allowed) => allowed === choice)) {
    const allowed = held.choices.join(', ');
    problems.push(`choice is ${shown(choice)}; allowed for ${held.step} is ${allowed}.`);
  }
  for (const [field, value] of [
    ['who', who],
    ['why', why],
  ]) {
    if (typeof value !== 'string' || value.trim() === '') {
      problems.push(
        `${String(field)} is ${shown(value)}; it must be some words: they are kept in the result.`,
      );
    }
  }
  return problems;
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
