import { lockId } from '../workflows/messages';
import type { RotationResult } from '../workflows/model/result';
import { valueOf } from './temporal/conversion';
import type { Execution } from './temporal/execution';
import { LOG, type World } from './world/world';

/** A workflow that answers for a whole rotation or recovery, and what it said at its end, if anything. */
export interface WorkflowResult {
  readonly execution: Execution;
  readonly result: RotationResult | undefined;
}

/**
 * What became of the rotations and recoveries that began at `since` or later, in the order of their starts; also of those
 * that Temporal has forgotten.
 */
export function resultsOf(world: World, since: number): WorkflowResult[] {
  const { forgotten, runs } = world.temporal;
  return [...forgotten, ...runs]
    .filter(
      ({ options, startedAt }) =>
        startedAt >= since &&
        ['rotateLog', 'rotateUnderLock', 'recoverLog', 'recoverUnderLock'].includes(options.type),
    )
    .map((execution) => ({
      execution,
      result: valueOf(execution.result) as RotationResult | undefined,
    }));
}

/** The outcomes, each once, by the word of what held the lock and of what was asked for the rotation. */
export function outcomesOf(results: readonly WorkflowResult[]): string[] {
  const said = results.filter(
    ({ execution }) => execution.workflowId === lockId(LOG) || execution.options.type === 'rotateLog',
  );
  return [...new Set(said.flatMap(({ result }) => result?.outcome ?? []))];
}
