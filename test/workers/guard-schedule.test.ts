import { ServiceError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { guardLog, guardLogs, keepGuarded, type GuardedLog } from '../../workers/guard-schedule';
import type { TemporalTarget } from '../../config/temporal-target';
import { startEnvironment } from './test-environment';
import { until } from '../patience';

let server: TestWorkflowEnvironment;
let target: TemporalTarget;

beforeAll(async () => {
  ({ server, target } = await startEnvironment('guarded'));
});

afterAll(() => server.teardown());

const named = (name: string, everyMs = 60_000): GuardedLog => ({ name, guard: { everyMs, recover: true } });
const scheduleOf = (name: string) => server.client.schedule.getHandle(`guard-${name}`);
const guard = (log: GuardedLog) => guardLog(server.client, log, target.taskQueue);

/** How many looks of this guardian were started. */
async function looks(name: string): Promise<number> {
  return (await scheduleOf(name).describe()).info.numActionsTaken;
}

/** What a worker said, line by line. */
function recorded() {
  const lines: { readonly level: number; readonly msg: string }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  return { lines, logger: pino({}, { write }) };
}

it('makes a schedule that starts one look at a time and makes up for none that was missed (H23)', async () => {
  expect(await guard(named('new'))).toBe('made');
  const { spec, policies, action } = await scheduleOf('new').describe();

  expect(spec.intervals).toMatchObject([{ every: 60_000 }]);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
  expect(action).toMatchObject({
    workflowType: 'guardLog',
    workflowId: 'guard-new',
    taskQueue: 'guarded',
    args: [{ log: 'new' }],
  });
});

it('looks at once, but not beside a look that has not ended', async () => {
  await guard(named('looked-at'));
  await until(async () => (await looks('looked-at')) === 1);
  expect(await guard(named('looked-at'))).toBe('as it was');
  await until(async () => (await scheduleOf('looked-at').describe()).info.numActionsSkippedOverlap === 1);

  expect(await looks('looked-at')).toBe(1);
});

it('changes a schedule that is not as configured', async () => {
  await guard(named('changed'));

  expect(await guard(named('changed', 10_000))).toBe('changed');
  expect((await scheduleOf('changed').describe()).spec.intervals).toMatchObject([{ every: 10_000 }]);
  expect(await guard(named('changed', 10_000))).toBe('as it was');
});

it('leaves one that a person has paused paused, changes it all the same, and does not look', async () => {
  await guard(named('paused'));
  await until(async () => (await looks('paused')) === 1);
  await scheduleOf('paused').pause('maintenance');

  expect(await guard(named('paused', 10_000))).toBe('paused');
  const { state, spec } = await scheduleOf('paused').describe();
  expect(state).toMatchObject({ paused: true, note: 'maintenance' });
  expect(spec.intervals).toMatchObject([{ every: 10_000 }]);
  expect(await looks('paused')).toBe(1);
});

it('undoes no pause that comes while it changes a schedule, and changes it the next time', async () => {
  await guard(named('meanwhile'));
  const { workflowService } = server.client;
  const updateSchedule = async (...request: Parameters<typeof workflowService.updateSchedule>) => {
    await scheduleOf('meanwhile').pause('maintenance');
    return await workflowService.updateSchedule(...request);
  };
  const pausedMeanwhile = Object.create(server.client, {
    workflowService: { value: { updateSchedule } },
  }) as typeof server.client;

  await expect(guardLog(pausedMeanwhile, named('meanwhile', 10_000), target.taskQueue)).rejects.toThrow(
    'somebody else has changed the schedule meanwhile',
  );
  expect((await scheduleOf('meanwhile').describe()).state).toMatchObject({
    paused: true,
    note: 'maintenance',
  });
  expect(await guard(named('meanwhile', 10_000))).toBe('paused');
  expect((await scheduleOf('meanwhile').describe()).spec.intervals).toMatchObject([{ every: 10_000 }]);
});

it('guards every log of a worker and says so', async () => {
  const { lines, logger } = recorded();
  await guardLogs(target, [named('one'), named('two')], { logger, signal: new AbortController().signal });

  expect(lines.map(({ msg }) => msg)).toEqual([
    'the guardian of one looks: its schedule is made',
    'the guardian of two looks: its schedule is made',
  ]);
});

it('warns when it cannot be made, throws nothing, and tries again until it is', async () => {
  const { lines, logger } = recorded();
  const create = jest
    .spyOn(Object.getPrototypeOf(server.client.schedule) as typeof server.client.schedule, 'create')
    .mockRejectedValueOnce(
      new ServiceError('Failed to create schedule', { cause: new Error('7 PERMISSION_DENIED: no') }),
    );
  await guardLogs(target, [named('denied'), named('allowed')], {
    logger,
    signal: new AbortController().signal,
    firstPauseMs: 10,
  });
  create.mockRestore();

  expect(lines.map(({ level }) => level)).toEqual([40, 30, 30]);
  expect(lines[0]?.msg).toMatch(/^nobody guards denied: .*PERMISSION_DENIED.*trying again/);
  expect(lines[2]?.msg).toBe('the guardian of denied looks: its schedule is made');
});

it('makes a schedule again that is gone, as with a lost Temporal database (H23)', async () => {
  const { lines, logger } = recorded();
  const stop = new AbortController();
  const run = { logger, signal: stop.signal, lookEveryMs: 20 };
  const guarding = keepGuarded(target, [named('gone')], run);
  try {
    await until(() => Promise.resolve(lines.length === 1));
    await scheduleOf('gone').delete();
    await until(() => Promise.resolve(lines.length === 2));
  } finally {
    stop.abort();
    await guarding;
  }
  expect(lines[1]?.msg).toBe('the guardian of gone looks: its schedule is made');
});

it('waits for a Temporal that is away, and ends when the worker does', async () => {
  const { lines, logger } = recorded();
  const stop = new AbortController();
  const away = { ...target, options: { address: '127.0.0.1:1' } };
  const guarding = guardLogs(away, [named('lost')], { logger, signal: stop.signal, firstPauseMs: 60_000 });
  await until(() => Promise.resolve(lines.length === 1));
  stop.abort();

  await guarding;
  expect(lines[0]?.msg).toMatch(/^nobody guards lost/);
});
