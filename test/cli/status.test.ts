import { run } from '../../cli/program';
import type { LogStatus } from '../../cli/log-status';
import { refusal } from '../../workflows/model/refusals';
import { startPausingFront } from './pausing-front';
import { recordingTerminal, saidBy } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const differs = refusal('INSTANCE_DIFFERS', {
  log: 'production',
  instance: 'green',
  differences: ['it loaded tree 100 with 0 entries, not 42'],
});

const status = (...more: string[]) => saidBy(['status', 'production', '-c', server.config, ...more]);

async function statusJson(): Promise<LogStatus> {
  return JSON.parse((await status('--json')).output) as LogStatus;
}

const lock = () => server.temporal.workflow.getHandle('log-production');

/** A rotation from its start to the end that a signal or a Cancel gives it. */
async function rotate(end: 'finish' | 'cancel'): Promise<void> {
  const terminal = recordingTerminal();
  const exit = run(['rotate', 'production', '--yes', '-c', server.config], terminal);
  await until(() => terminal.output.includes('production: stage ...'));
  await (end === 'finish' ? lock().signal('finish') : lock().cancel());
  await exit;
}

it('says that nobody guards a log, and exits with 7, before there is a guardian', async () => {
  const { code, words } = await status();

  expect(code).toBe(7);
  expect(words).toContain('Nobody guards production: no look is known to have ended');
  expect(words).toContain('there is no schedule guard-production');
  expect(words).toContain('(GUARDIAN_SILENT)');
});

it('says what serves and when the guardian looked, before the first rotation', async () => {
  await server.guarded({ log: 'production' });
  const { code, words } = await status();

  expect(code).toBe(0);
  expect(words).toContain('production: no rotation that Temporal remembers');
  expect(words).toContain(
    'slot green, tree 7331245678901234567 (ACTIVE), 7 entries, next index 42; the gate passes writes',
  );
  expect(words).toContain('green has loaded exactly the shards and lengths that Trillian has');
  expect(words).toMatch(/Guardian looked \d+ s ago: nothing wrong/);
});

it('says when the last rotation began and ended, how long it took and how long ago that was', async () => {
  await rotate('finish');
  const { output } = await status();

  expect(output).toMatch(/production: the last rotation ended at [\dT:.-]+Z,\s+\d+ s ago\./);
  expect(output).toMatch(/Started +at [\dT:.-]+Z, took [\d.]+ m?s/);
  const { startedAt = '', endedAt = '', tookMs } = await statusJson();
  expect(Date.parse(endedAt) - Date.parse(startedAt)).toBe(tookMs);
});

it('does not say that something serves which was seen before the last rotation had ended', async () => {
  const { words } = await status();
  expect(words).not.toContain('Serves now');
  expect(words).toContain('before the last rotation had ended: nothing wrong');

  await server.guarded({ log: 'production' });
  expect((await status()).words).toContain('Serves now slot green');
});

it('shows the alarms of the last look beside a rotation that completed, and exits with 7', async () => {
  await server.guarded({ log: 'production', alarms: [differs] });
  const { code, words } = await status();

  expect(code).toBe(7);
  expect(words).toContain('The rotation of production is completed');
  expect(words).toMatch(/Guardian looked \d+ s ago: 1 alarm/);
  expect(words).toContain('it loaded tree 100 with 0 entries, not 42');
  expect(words).toContain('(INSTANCE_DIFFERS)');
  expect((await statusJson()).guardian).toMatchObject({
    alarms: [{ code: 'INSTANCE_DIFFERS' }],
    serves: { release: 'slot green', nextIndex: 42 },
    lastLook: expect.stringMatching(/Z$/) as string,
  });
});

it('keeps the last alarms when a later look has failed, and says that it has', async () => {
  await server.guarded({ log: 'production', fails: true });
  const { code, words } = await status();

  expect(code).toBe(7);
  expect(words).toContain('(INSTANCE_DIFFERS)');
  expect(words).toMatch(/Failed look at \S+Z: The step guard failed: it could not look/);
});

it('says at once that the schedule of the guardian is paused, and why', async () => {
  await server.guarded({ log: 'production' });
  await server.temporal.schedule.getHandle('guard-production').pause('maintenance');
  const { code, words } = await status();

  expect(code).toBe(7);
  expect(words).toContain('its schedule guard-production is paused (maintenance)');
  expect(words).toContain('temporal schedule toggle --unpause --schedule-id guard-production');
  await server.guarded({ log: 'production' });
  expect((await status()).code).toBe(0);
});

it('says that no worker polls the task queue, as Temporal knows it, and exits with 7', async () => {
  const config = server.configured('nobody-has-ever-polled-this');
  const said = await saidBy(['status', 'production', '-c', config]);

  expect(said.code).toBe(7);
  expect(said.words).toContain('No worker polls the task queue nobody-has-ever-polled-this; since when');
  expect((await statusJson()).worker).toMatchObject({
    ...{ taskQueue: 'stand-in', polls: true, problem: null },
    lastAskedAt: expect.stringMatching(/Z$/) as string,
  });
});

describe('--watch', () => {
  it('exits as the last rotation ended when none runs: 4 after a rollback', async () => {
    expect((await status('--watch')).code).toBe(0);
    await rotate('cancel');
    const { code, words } = await status('--watch');

    expect(code).toBe(4);
    expect(words).toContain('No rotation of production runs.');
    expect(words).toContain('was rolled back');
  });

  it('does not follow a dry run, and says that nothing else runs', async () => {
    // Nobody polls that queue, so that the dry run does not end.
    const dryRun = await server.temporal.workflow.start('rotateLog', {
      workflowId: 'plan-by-hand',
      taskQueue: 'nobody-polls-this',
      args: [{ log: 'production', dryRun: true }],
    });
    await until(async () => (await statusJson()).dryRuns?.includes('plan-by-hand') ?? false);
    const { code, words } = await status('--watch');
    await dryRun.terminate('by the test');

    expect(words).toContain('only a dry run, which changes nothing');
    expect(words).toContain('Dry run plan-by-hand looks; it changes nothing');
    expect(words).toContain('was rolled back');
    expect(code).toBe(4);
  });
});

it('asks no workflow of another log, and finds its own behind any number of them', async () => {
  const start = (workflowId: string, log: string) =>
    server.temporal.workflow.start('rotateLog', {
      ...{ workflowId, taskQueue: 'nobody-polls-this', args: [{ log }] },
    });
  const ours = await start('by-a-schedule', 'production');
  await until(async () => (await statusJson()).state === 'preparing');
  const others = await Promise.all(
    Array.from({ length: 25 }, (_, position) => start(`other-${position}`, 'another')),
  );
  await until(async () => {
    const query = 'WorkflowType = "rotateLog" AND ExecutionStatus = "Running"';
    return (await server.temporal.workflow.count(query)).count === others.length + 1;
  });
  const front = await startPausingFront(server.address);
  const terminal = recordingTerminal();
  const throughFront = server.configured('stand-in', front.address);
  await run(['status', 'production', '-c', throughFront, '--json'], terminal);
  front.stop();
  await Promise.all([ours, ...others].map((handle) => handle.terminate('by the test')));

  const found: unknown = JSON.parse(terminal.output);
  expect(found).toMatchObject({ state: 'preparing', workflowId: 'by-a-schedule' });
  expect(front.queried.filter((workflowId) => workflowId.startsWith('other-'))).toEqual([]);
  expect(front.queried).toContain('by-a-schedule');
});
