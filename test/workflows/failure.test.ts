import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { beganOf, failed, reasonOf, timesOf } from '../../workflows/failure';
import { refusal } from '../../workflows/model/refusals';

const ofActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('it failed', 'freeze', '1', 'NON_RETRYABLE_FAILURE', undefined, cause);

it('carries no stack, which the Temporal UI would show below the message', () => {
  expect(failed(refusal('WRITES_IN_FLIGHT', { waitedMs: 5, inFlight: 1 })).stack).toBe('');
});

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

  it('is somebody who terminated the workflow of the critical section', () => {
    const failure = new ChildWorkflowFailure(
      ...([
        undefined,
        { workflowId: 'critical-section-lab', runId: 'a' },
        'criticalSection',
        'IN_PROGRESS',
      ] as const),
      new TerminatedFailure('terminated'),
    );
    expect(reasonOf(failure, 'critical section').code).toBe('TERMINATED');
  });

  it('is a Cancel', () => {
    expect(reasonOf(ofActivity(new CancelledFailure('cancelled')), 'freeze').code).toBe('CANCELLED');
  });

  it.each([
    [ApplicationFailure.create({ message: 'Tr0ub4dor', type: 'NotFoundError' }), 'NotFoundError'],
    [ApplicationFailure.create({ message: 'Tr0ub4dor', type: 'Tr0ub4dor' }), 'ApplicationFailure'],
    [new TypeError('Tr0ub4dor'), 'TypeError'],
    [Object.assign(new Error('Tr0ub4dor'), { name: 'Tr0ub4dor' }), 'an error of a kind that is not known'],
  ])(
    'is, when nobody foresaw it, what kind of error it is, and nothing that it quotes (H28): %#',
    (error, reason) => {
      expect(reasonOf(ofActivity(error), 'freeze')).toEqual(refusal('INTERNAL', { step: 'freeze', reason }));
    },
  );
});

describe('what an activity of several steps had begun', () => {
  it('is told by its failure, and by its Cancel; by nobody when it was not heard of any more', () => {
    const steps = { times: { hold: 12 }, began: ['hold', 'start'] };
    const refused = failed(refusal('WRITES_IN_FLIGHT', { waitedMs: 5, inFlight: 1 }));
    refused.details?.push(steps);

    for (const cause of [refused, new CancelledFailure('CANCELLED', [null, steps])]) {
      expect(beganOf(ofActivity(cause))).toEqual(['hold', 'start']);
      expect(timesOf(ofActivity(cause))).toEqual({ hold: 12 });
    }
    expect(beganOf(ofActivity(new CancelledFailure('it was never started')))).toBeUndefined();
    expect(beganOf(ofActivity(new TimeoutFailure('gone', undefined, 'HEARTBEAT')))).toBeUndefined();
  });
});
