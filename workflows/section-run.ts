import { takeBackSection, lostSection, type LostSection } from './failed-section';
import { reasonOf } from './failure';
import { forwardUntilItSucceeds } from './going-forward';
import type { AttemptInput, CriticalSectionInput } from './model/actions';
import type { RotationTiming } from './model/plan';
import type { Run } from './run';
import type { EndedSection } from './section-result';

/** The input of an attempt's critical section. */
export function sectionInput(
  { criticalSectionMs, ifNextFails }: RotationTiming,
  { identity, release }: AttemptInput,
  holdBy?: string,
): CriticalSectionInput {
  return {
    ...{ identity, release, criticalSectionMs, ifNextFails },
    ...(holdBy !== undefined && { holdBy }),
  };
}

/** Starts the critical section, which ends itself; one that was lost or could not is ended from here. */
export async function startSection(run: Run, input: CriticalSectionInput): Promise<EndedSection> {
  const { journal } = run;
  journal.begins('critical section', false, input.criticalSectionMs);
  const openedAt = Date.now();
  let lost: LostSection;
  try {
    const result = await run.criticalSection(input);
    journal.adopts(result.steps);
    if (result.end !== 'unfinished') {
      return result;
    }
    lost = { reason: result.reason, openedAt, restMs: 0 };
  } catch (error) {
    lost = { ...lostSection(input, reasonOf(error, 'critical section')), openedAt };
  }
  return await endSection(run, input, lost);
}

/** Ends a section from outside: with a person behind it if need be, unless a later rotation owns the log. */
export async function endSection(
  run: Run,
  input: CriticalSectionInput,
  lost: LostSection,
): Promise<EndedSection> {
  const { actions, journal, retrying } = run;
  const result = await takeBackSection(actions, input, journal, retrying.on(input), lost);
  if (result.end !== 'unfinished') {
    return result;
  }
  const { reason, steps } = result;
  if (result.serves) {
    return { end: 'exposed', ...(await forwardUntilItSucceeds(run, input)), steps };
  }
  const nothing = { began: false, froze: false, nextTreeVisibleMs: 0 };
  return { end: 'undone', reason, nextTreeUsed: true, ...nothing, steps };
}
