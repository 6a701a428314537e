import type { Client } from '@temporalio/client';
import { lockOwner } from '../../activities/steps/lock';
import type { LockOwner } from '../../workflows/model/guarding';

const seconds = (agoMs: number) => ({ seconds: Math.floor((Date.now() - agoMs) / 1000), nanos: 0 });
const HOUR_MS = 3_600_000;

/** A Temporal with an open rotation, whose last event is a day old, and one activity of it that has not ended. */
function client(pending: object): Client {
  return {
    options: { namespace: 'default' },
    workflow: {
      getHandle: (workflowId: string) => ({
        describe: () =>
          Promise.resolve({
            workflowId,
            runId: 'run',
            status: { name: workflowId.startsWith('critical-section') ? 'COMPLETED' : 'RUNNING' },
            memo: { rotationId: 'r' },
            raw: { pendingActivities: [pending] },
          }),
      }),
    },
    workflowService: {
      getWorkflowExecutionHistoryReverse: () =>
        Promise.resolve({ history: { events: [{ eventTime: seconds(24 * HOUR_MS) }] } }),
    },
  } as unknown as Client;
}

/** Whether nothing has happened in it for minutes, as its guardian would say. */
function isQuiet(owner: LockOwner | null): boolean {
  if (!owner) {
    throw new Error('Nobody holds the lock.');
  }
  return owner.quietForMs >= HOUR_MS / 4;
}

describe('a rotation whose last event is long ago', () => {
  it.each([
    [
      'rests until its next try',
      { lastStartedTime: seconds(HOUR_MS / 2), scheduledTime: seconds(-HOUR_MS / 2) },
    ],
    ['tries just now', { lastStartedTime: seconds(2_000) }],
    [
      'runs an activity that shows signs of life',
      { lastStartedTime: seconds(HOUR_MS), lastHeartbeatTime: seconds(2_000) },
    ],
  ])('is not quiet while it %s', async (_, pending) => {
    const owner = await lockOwner(client(pending), 'production', 60_000);
    expect(isQuiet(owner)).toBe(false);
  });

  it('is quiet when nobody has begun the try that was to follow', async () => {
    const owner = await lockOwner(client({ scheduledTime: seconds(HOUR_MS) }), 'production', 2 * HOUR_MS);
    expect(isQuiet(owner)).toBe(true);
  });

  it('is quiet when it waits for no activity', async () => {
    const owner = await lockOwner(client({}), 'production', 60_000);
    expect(owner?.quietForMs).toBeGreaterThanOrEqual(24 * HOUR_MS);
  });
});
