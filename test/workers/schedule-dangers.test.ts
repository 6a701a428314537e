import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import type { TemporalTarget } from '../../config/temporal-target';
import { warnOfSchedules } from '../../workers/schedule-dangers';
import { readSchedules } from '../../workers/schedules';
import { until } from '../patience';
import { startEnvironment } from './test-environment';

let server: TestWorkflowEnvironment;
let target: TemporalTarget;

beforeAll(async () => {
  ({ server, target } = await startEnvironment('scheduled'));
});

afterAll(() => server.teardown());

async function made(
  scheduleId: string,
  log: string,
  taskQueue: string,
  catchupWindow: '4 hours' | '365 days',
) {
  await server.client.schedule.create({
    scheduleId,
    spec: { intervals: [{ every: '30d' }] },
    policies: { catchupWindow },
    action: {
      ...{ type: 'startWorkflow', workflowType: 'scheduledRotation', workflowId: scheduleId, taskQueue },
      args: [{ log, windows: ['sun 02:00-05:00'] }],
    },
  });
}

async function warnings(of: TemporalTarget): Promise<readonly { schedule?: string; msg: string }[]> {
  const lines: { schedule?: string; msg: string }[] = [];
  const logger = pino(
    {},
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  await warnOfSchedules(of, ['production'], { logger, signal: new AbortController().signal });
  return lines;
}

it('warns of the schedules of its own task queue that are set dangerously, each once', async () => {
  await made('safe', 'production', 'scheduled', '4 hours');
  await made('misspelt', 'prodution', 'scheduled', '365 days');
  await made('of-others', 'elsewhere', 'another-queue', '365 days');
  await until(async () => (await readSchedules(server.client)).length === 3);

  const said = await warnings(target);
  expect(said.map(({ schedule }) => schedule)).toEqual(['misspelt', 'misspelt']);
  expect(said[0]?.msg).toMatch(/misspelt is set dangerously: The worker knows no log prodution/);
  expect(said[1]?.msg).toMatch(/up to 8760 h ago/);
});

it('says that it could not look, and throws nothing', async () => {
  const [line, ...more] = await warnings({ ...target, options: { address: '127.0.0.1:1' } });
  expect(line?.msg).toBe('the schedules that rotate logs could not be looked at');
  expect(more).toEqual([]);
});
