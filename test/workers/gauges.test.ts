import type { MetricMeter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { keepGauges } from '../../workers/gauges';
import type { TemporalTarget } from '../../config/temporal-target';
import { refusal } from '../../workflows/model/refusals';
import { until } from './temporal-server';
import { startEnvironment } from './test-environment';

/** So long that no test comes to its end by itself, on however busy a machine: clocks are set ahead instead. */
const EVERY_MS = 3_600_000;

let server: TestWorkflowEnvironment;
let target: TemporalTarget;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  ({ server, target } = await startEnvironment('watched'));
  worker = await Worker.create({
    connection: server.nativeConnection,
    taskQueue: 'watched',
    workflowsPath: require.resolve('../cli/stand-in-workflows'),
  });
  running = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await running;
  await server.teardown();
});

/** What a worker shows and says, with a clock of its own. */
function watching(log: string, of: TemporalTarget = target) {
  const shown = new Map<string, number>();
  const said: { readonly level: number; readonly msg: string; readonly code?: string }[] = [];
  const meter = {
    createGauge: (name: string) => ({ set: (value: number) => void shown.set(name, value) }),
  } as unknown as MetricMeter;
  const clock = { aheadMs: 0 };
  const stop = new AbortController();
  const write = (line: string): void => void said.push(JSON.parse(line) as (typeof said)[number]);
  const ended = keepGauges(of, [{ name: log, guard: { everyMs: EVERY_MS, recover: true } }], {
    logger: pino({}, { write }),
    signal: stop.signal,
    meter,
    refreshMs: 20,
    now: () => new Date(Date.now() + clock.aheadMs),
  });
  return {
    said,
    clock,
    shows: (name: string) => shown.get(`rekor_rotate_${name}`),
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

/** Waits until a worker shows it. */
async function comesTo(what: () => boolean): Promise<void> {
  await until(() => {
    if (!what()) {
      throw new Error('It is not shown.');
    }
  });
}

/** One look of a log's guardian, started as its schedule does. */
async function looked(log: string, alarms: readonly unknown[] = []): Promise<void> {
  const scheduleId = `guard-${log}`;
  const schedule = server.client.schedule.getHandle(scheduleId);
  await schedule.delete().catch(() => undefined);
  await server.client.schedule.create({
    scheduleId,
    spec: { intervals: [{ every: '1h' }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'guardLog',
      workflowId: `guard-${log}`,
      args: [{ log, alarms }],
      taskQueue: 'watched',
    },
    state: { triggerImmediately: true },
  });
}

it('shows in every worker that a rotation is held, whichever carries it on, and in each that it is over', async () => {
  const workers = [watching('held'), watching('held')];
  const everywhere = (name: string, value: number) =>
    comesTo(() => workers.every(({ shows }) => shows(name) === value));
  await everywhere('held', 0);
  const rotation = await server.client.workflow.start('rotateUnderLock', {
    ...{ workflowId: 'log-held', taskQueue: 'watched', args: ['held'] },
  });
  await everywhere('cancel_takes_back', 1);
  await rotation.signal('hold', ['retry']);
  await everywhere('held', 1);
  await rotation.terminate('by the test');
  await everywhere('held', 0);
  await everywhere('cancel_takes_back', 0);
  await Promise.all(workers.map(({ stop }) => stop()));
});

it('shows in every worker what the last look found, and how long ago that was', async () => {
  const workers = [watching('looked-at'), watching('looked-at')];
  const wrong = refusal('SERVING_TREE_CLOSED', { log: 'looked-at', tree: '200', state: 'FROZEN' });
  await looked('looked-at', [wrong, wrong]);
  await comesTo(() => workers.every(({ shows }) => shows('alarms') === 2));
  await looked('looked-at');
  await comesTo(() => workers.every(({ shows }) => shows('alarms') === 0));
  for (const { clock } of workers) {
    clock.aheadMs = 100_000;
  }
  await comesTo(() => workers.every(({ shows }) => (shows('last_look_age_seconds') ?? 0) >= 100));
  await Promise.all(workers.map(({ stop }) => stop()));
});

it('says once that nobody looks any more, counts that as an alarm, and says when somebody looks again', async () => {
  const { said, shows, clock, stop } = watching('silent');
  await looked('silent');
  await comesTo(
    () => shows('alarms') === 0 && (shows('last_look_age_seconds') ?? Infinity) < EVERY_MS / 1000,
  );
  await server.client.schedule.getHandle('guard-silent').pause('maintenance');
  clock.aheadMs = 2 * EVERY_MS;
  await comesTo(() => (shows('last_look_age_seconds') ?? 0) > (2 * EVERY_MS) / 1000);
  expect(said).toEqual([]);
  clock.aheadMs = 3 * EVERY_MS + 60_000;
  await comesTo(() => shows('alarms') === 1);
  await comesTo(() => said.length === 1);
  expect(said[0]).toMatchObject({ level: 50, code: 'GUARDIAN_SILENT' });
  expect(said[0]?.msg).toContain('ALARM: Nobody guards silent');
  clock.aheadMs = 0;
  await looked('silent');
  await comesTo(() => said.length === 2);
  expect(said[1]?.msg).toBe('the guardian of silent looks again');
  await stop();
});

it('says that nobody looks also when no look has ended since the worker began', async () => {
  const { said, shows, clock, stop } = watching('never');
  await comesTo(() => shows('alarms') === 0);
  clock.aheadMs = 3 * EVERY_MS + 1_000;
  await comesTo(() => said.length === 1);
  expect(said[0]?.msg).toContain('no look is known to have ended, and there is no schedule guard-never');
  expect(shows('last_look_age_seconds')).toBeGreaterThan((3 * EVERY_MS) / 1000);
  await stop();
});

it('shows nothing as known that Temporal has not told, and alarms all the same when that lasts', async () => {
  const away = { ...target, options: { address: '127.0.0.1:1' } };
  const { shows, clock, stop } = watching('away', away);
  await comesTo(() => shows('held') !== undefined);
  expect([shows('held'), shows('cancel_takes_back'), shows('alarms')]).toEqual([NaN, NaN, NaN]);
  clock.aheadMs = 3 * EVERY_MS + 1_000;
  await comesTo(() => shows('alarms') === 1);
  await stop();
});

it('forgets what a rotation said of itself when nobody answers for it any more', async () => {
  const { shows, clock, stop } = watching('unanswered');
  await comesTo(() => shows('held') === 0);
  const rotation = await server.client.workflow.start('rotateUnderLock', {
    ...{ workflowId: 'log-unanswered', taskQueue: 'nobody-polls-this', args: ['unanswered'] },
  });
  await until(async () => {
    await rotation.describe();
  });
  clock.aheadMs = 61_000;
  await comesTo(() => Number.isNaN(shows('held')));
  await rotation.terminate('by the test');
  await comesTo(() => shows('held') === 0);
  await stop();
});
