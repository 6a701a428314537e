import { failed, reasonOf } from './failure';
import { GivenUp } from './given-up';
import type { Insistence } from './insist';
import type { Journal } from './journal';
import { givenUp, refused, type Rotated } from './model/result';
import type { RotationResult } from './model/rotation';

/** Ends a rotation or a recovery with its result: also when a person gave it up, or a later rotation owns the log. */
export async function concluded(
  what: Pick<Rotated, 'log' | 'rotation' | 'plan'>,
  journal: Journal,
  insistence: Insistence,
  act: () => Promise<RotationResult>,
): Promise<RotationResult> {
  try {
    return journal.concludes(await act());
  } catch (error) {
    const { attempt, steps } = journal.progress;
    const rotated = { ...what, attempts: attempt, steps, interventions: insistence.interventions };
    if (error instanceof GivenUp) {
      return journal.concludes(givenUp(rotated, error.held, error.reason));
    }
    const reason = reasonOf(error, journal.progress.phase);
    if (reason.code === 'NOT_OURS') {
      return journal.concludes(refused(rotated, [reason]));
    }
    throw failed(reason);
  }
}
