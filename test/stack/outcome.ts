import { activeTrees, differences, type LogState } from '../../harness/log-state';
import type { Outcome, RotationResult } from '../../workflows/model/result';

/** Fails with the rotation's own words when it ended otherwise. */
export function expectOutcome(result: RotationResult, outcome: Outcome): void {
  if (result.outcome !== outcome) {
    const steps = result.steps.map(({ name, kind, attempt, ms }) => `${attempt} ${kind} ${name} ${ms} ms`);
    throw new Error(
      [`The rotation ended ${result.outcome}, not ${outcome}: ${result.reason}`, ...steps].join('\n  '),
    );
  }
}

/** It has completed: the next tree alone is ACTIVE, after the current one with the length that it ended with. */
export function expectRotated(before: LogState, after: LogState, result: RotationResult): void {
  expectOutcome(result, 'completed');
  expect(activeTrees(after)).toEqual([result.nextTree?.treeId]);
  const ended = `${before.shards.active}: ${String(result.currentTree?.size)}`;
  expect(after.shards.inactive).toEqual([...before.shards.inactive, ended]);
}

/** The names of the steps of one kind, in all attempts or in one. */
export function endedSteps(
  result: RotationResult,
  kind: 'done' | 'undone' | 'said',
  attempt?: number,
): string[] {
  return result.steps
    .filter((step) => step.kind === kind && (attempt ?? step.attempt) === step.attempt)
    .map(({ name }) => name);
}

/** Fails with the differences unless the log is as before, but for the FROZEN trees of undone attempts. */
export function expectAsBefore(before: LogState, after: LogState): void {
  expect(differences(before, after)).toEqual([]);
}
