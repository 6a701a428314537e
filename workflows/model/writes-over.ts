import type { WriteStall } from './evidence';
import type { StepRecord } from './steps';

/**
 * How writes fared over the attempts that were undone and, where it is told, over the one that was not: the longest times,
 * and all counts together. Undefined where no gate has told anything.
 */
export function writesOver(steps: readonly StepRecord[], last?: WriteStall): WriteStall | undefined {
  const all = [...steps.flatMap(({ writes }) => writes ?? []), ...(last ? [last] : [])];
  return all.length === 0 ? undefined : all.reduce(together);
}

function together(one: WriteStall, other: WriteStall): WriteStall {
  const stalls = [one.stallMs, other.stallMs].filter((ms) => ms !== null);
  return {
    stallMs: stalls.length === 0 ? null : Math.max(...stalls),
    longestWaitMs: Math.max(one.longestWaitMs, other.longestWaitMs),
    held: one.held + other.held,
    refused: one.refused + other.refused,
    turnedAway: (one.turnedAway ?? 0) + (other.turnedAway ?? 0),
    resent: one.resent + other.resent,
    dropped: one.dropped + other.dropped,
  };
}

/** Follows the counts of all attempts: of which of them the gate has told nothing. Empty in the good case. */
export function notToldText(steps: readonly StepRecord[]): string {
  const missing = attemptsNotTold(steps);
  return missing.length === 0
    ? ''
    : `; of ${missing.length === 1 ? 'attempt' : 'attempts'} ${missing.join(', ')} the gate told nothing`;
}

/** The attempts whose hold was taken back, or left as it was, and of which no gate told how writes fared. */
function attemptsNotTold(steps: readonly StepRecord[]): readonly number[] {
  const ended = steps.filter(
    ({ name, kind }) => name === 'hold' && (kind === 'undone' || kind === 'skipped'),
  );
  const told = new Set(steps.filter(({ writes }) => writes).map(({ attempt }) => attempt));
  return [...new Set(ended.map(({ attempt }) => attempt))].filter((attempt) => !told.has(attempt));
}
