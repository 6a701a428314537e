import type { Guardian } from '../../workers/guardian';
import { guardianStatus } from '../../cli/guardian-status';
import { needsSomebody, type LogStatus } from '../../cli/log-status';
import { statusText } from '../../cli/status-text';
import { workerStatus, type WorkerStatus } from '../../cli/worker-status';
import { pollersOf, type Pollers } from '../../activities/clients/pollers';

const now = new Date('2026-01-31T03:10:00Z');
const secondsAgo = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);

/** What a status says of a log that a guardian looks at, without a worker or with one. */
function told(
  worker: WorkerStatus,
  more: Partial<LogStatus> = {},
): { readonly text: string; readonly needs: boolean } {
  const guardian: Guardian = {
    schedule: { state: 'runs', note: '', everyMs: 60_000, madeAt: secondsAgo(9_000) },
    lastLook: {
      workflowId: 'a-look',
      endedAt: secondsAgo(30),
      result: { log: 'production', alarms: [], recover: false },
    },
    failure: null,
  };
  const around = { log: 'production', everyMs: 60_000 };
  const status: LogStatus = {
    ...{ log: 'production', state: 'never' },
    guardian: guardianStatus(guardian, around, now),
    worker,
    ...more,
  };
  return {
    text: statusText(status, { columns: 80, timeZone: 'UTC' }, now).replace(/\s+/g, ' '),
    needs: needsSomebody(status),
  };
}

const polled = (pollers: Pollers) =>
  workerStatus({ taskQueue: 'rekor-rotate', pollers: () => Promise.resolve(pollers) });

describe('of a worker, status', () => {
  it('says nothing where one polls', async () => {
    const worker = await polled({ polling: ['1@host'], lastAskedAt: secondsAgo(3) });
    expect(worker).toMatchObject({ polls: true, problem: null });
    expect(told(worker)).toEqual({ text: expect.not.stringMatching(/worker/i) as string, needs: false });
  });

  it('says that none polls, since when, and what that means; somebody has to look', async () => {
    const { text, needs } = told(await polled({ polling: [], lastAskedAt: secondsAgo(180) }));
    expect(text).toContain(
      'WORKER No worker polls the task queue rekor-rotate since 2026-01-31T03:07:00.000Z, 3 min ago: nothing rotates, and no guardian looks. Start one with `rekor-rotate worker`.',
    );
    expect(needs).toBe(true);
  });

  it('does not make up since when, where Temporal has forgotten it', async () => {
    const worker = await polled({ polling: [], lastAskedAt: null });
    expect(told(worker).text).toContain('; since when, Temporal does not know any more: nothing rotates');
  });

  it('says it once, also of a rotation that nobody carries on', async () => {
    const worker = await polled({ polling: [], lastAskedAt: null });
    const problem = 'No worker polls the task queue rekor-rotate: start one with `rekor-rotate worker`.';
    const { text } = told(worker, { state: 'running', what: 'rotation', problem, progress: null });
    expect(text.match(/No worker polls/g)).toHaveLength(1);
  });

  it('says that Temporal could not be asked, and lets the rest be shown', async () => {
    const pollers = () => Promise.reject(new Error('7 PERMISSION_DENIED: no'));
    const { text, needs } = told(await workerStatus({ taskQueue: 'rekor-rotate', pollers }));
    expect(text).toContain('Worker cannot be asked for: 7 PERMISSION_DENIED: no');
    expect(text).toContain('Guardian looked 30 s ago');
    expect(needs).toBe(true);
  });
});

describe('the pollers of a task queue', () => {
  /** What is read of an answer of Temporal's, which has whole seconds and parts of them apart. */
  async function read(...seconds: readonly number[]): Promise<Pollers> {
    const pollers = seconds.map((ago, at) => ({
      identity: `${at}@host`,
      lastAccessTime: { seconds: BigInt(Math.round(secondsAgo(ago).getTime() / 1_000)), nanos: 5 },
    }));
    const workflowService = { describeTaskQueue: () => Promise.resolve({ pollers }) };
    return await pollersOf(
      { workflowService } as never,
      { namespace: 'default', taskQueue: 'rekor-rotate' },
      'workflows',
      now.getTime(),
    );
  }

  it.each([
    ['asks since a moment', [70], ['0@host'], 70],
    ['has asked no more for longer than a question lasts', [76], [], 76],
    ['asks, and another does no more', [200, 10], ['1@host'], 10],
  ])('are those of which one %s', async (_, seconds, polling, last) => {
    expect(await read(...seconds)).toEqual({ polling, lastAskedAt: secondsAgo(last) });
  });

  it('are none, since nobody knows when, where Temporal names none', async () => {
    expect(await read()).toEqual({ polling: [], lastAskedAt: null });
  });
});
