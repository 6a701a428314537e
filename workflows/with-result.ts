import { failed, reasonOf } from './failure';
import { GivenUp } from './given-up';
import type { Journal } from './journal';
import { givenUp, refused, type Rotated, type RotationResult } from './model/result';

/** Ends a rotation or a recovery with its result: also when a person gave it up, or a later rotation owns the log. */
export async function withResult(
  what: Pick<Rotated, 'kind' | 'log' | 'rotationId' | 'plan'>,
  journal: Journal,
  act: () => Promise<RotationResult>,
): Promise<RotationResult> {
  try {
    return journal.concludes(await act());
  } catch (error) {
    const rotated = { ...what, attempts: journal.progress.attempt, ...journal.soFar };
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
