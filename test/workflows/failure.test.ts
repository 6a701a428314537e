import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { failed, reasonOf } from '../../workflows/failure';
import { refusal } from '../../workflows/model/refusals';

const ofActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('it failed', 'freeze', '1', 'NON_RETRYABLE_FAILURE', undefined, cause);

describe('why a step failed', () => {
  it('is what the activity refused with', () => {
    const reason = refusal('WRITES_IN_FLIGHT', { waitedMs: 5, inFlight: 1 });

    expect(reasonOf(ofActivity(failed(reason)), 'freeze')).toEqual(reason);
  });

  it('is a worker that was not heard of, when Temporal gave it up', () => {
    const timeout = new TimeoutFailure('activity Heartbeat timeout', undefined, 'HEARTBEAT');

    expect(reasonOf(ofActivity(timeout), 'freeze')).toEqual(
      refusal('NO_SIGN_OF_LIFE', { step: 'freeze', timeout: 'HEARTBEAT' }),
    );
  });

  it('is a Cancel', () => {
    expect(reasonOf(ofActivity(new CancelledFailure('cancelled')), 'freeze').code).toBe('CANCELLED');
  });

  it('is said as it is when nobody foresaw it', () => {
    expect(reasonOf(ofActivity(ApplicationFailure.create({ message: 'odd' })), 'freeze')).toEqual(
      refusal('INTERNAL', { step: 'freeze', reason: 'odd' }),
    );
  });
});
