import { saidBy } from '../cli/recording-terminal';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { lastRuns, type ScheduleRun } from '../../cli/schedule/runs';
import { useLog } from './use-log';

/** Hours and minutes of a time, in UTC. */
const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);
const MINUTE_MS = 60_000;

describe('a schedule on the real Temporal', () => {
  const log = useLog();
  const schedule = (...words: string[]) => saidBy(['schedule', ...words, '-c', log.lab.files.configuration]);

  /** The newest run of a schedule, once there are so many and it has ended. */
  async function ended(scheduleId: string, runs = 1): Promise<ScheduleRun> {
    let found: readonly ScheduleRun[] = [];
    await until(`the end of run ${runs} of ${scheduleId}`, PATIENCE_MS, async () => {
      found = await lastRuns(log.temporal, scheduleId, 10).catch(() => []);
      return found.length >= runs && found.every(({ outcome }) => outcome !== 'running');
    });
    return found[0] as ScheduleRun;
  }

  it('rotates when its window opens, by itself, and not a second time in it', async () => {
    await log.expectWritable();
    const opens = Math.ceil((Date.now() + 20_000) / MINUTE_MS) * MINUTE_MS;
    const window = `mon-sun ${clock(opens)}-${clock(opens + 30 * MINUTE_MS)}`;
    const made = await schedule(
      'create',
      log.name,
      '--window',
      window,
      '--time-zone',
      'UTC',
      '--due-entries',
      '1',
    );
    expect([made.code, made.errors]).toEqual([0, '']);

    const first = await ended(`rotate-${log.name}`);
    expect(first).toMatchObject({
      outcome: 'completed',
      result: {
        window: { opensAt: new Date(opens).toISOString() },
        due: { because: expect.stringContaining('It is due') as string },
        rotation: { workflowId: `scheduled-${log.name}`, outcome: 'completed' },
      },
    });
    const triggered = await schedule('trigger', log.name);
    expect([triggered.code, triggered.errors]).toEqual([0, '']);
    expect(await ended(`rotate-${log.name}`, 2)).toMatchObject({
      outcome: 'skipped',
      result: { refusals: [{ code: 'ROTATED_IN_WINDOW' }] },
    });
    const shown = await schedule('show', log.name);
    expect(shown.words).toContain('2 started, 0 left out because one was open, 0 missed');
    expect(shown.words).toMatch(/UTC: skipped\. .* UTC: completed\. /);
    await log.expectWritable();
    await log.expectNothingLost();
  });

  it('starts nothing beside a run that is open, and lists without a worker', async () => {
    await log.worker.stop();
    const windows = ['--window', 'mon-sun 00:00-00:00', '--time-zone', 'UTC'];
    expect((await schedule('create', log.name, '--name', 'daily', ...windows)).words).toContain(
      'Another schedule rotates',
    );
    expect((await schedule('trigger', log.name, '--name', 'daily')).code).toBe(0);
    const second = await schedule('trigger', log.name, '--name', 'daily');
    expect([second.code, second.words]).toEqual([3, expect.stringContaining('Nothing was started')]);
    const listed = await schedule('list');
    expect(listed.words).toContain(`rotate-${log.name}-daily: ${log.name}, active`);
    log.worker.start();
    expect((await ended(`rotate-${log.name}-daily`)).outcome).toBe('skipped');

    expect((await schedule('pause', log.name, '--name', 'daily', '--why', 'release week')).code).toBe(0);
    expect((await schedule('delete', log.name, '--name', 'daily', '--yes')).code).toBe(0);
  });

  it('made in the UI with everything at its default rotates, and the worker warns of it once it starts', async () => {
    await log.temporal.schedule.create({
      scheduleId: 'from-the-ui',
      spec: { intervals: [{ every: '30d' }] },
      action: {
        ...{ type: 'startWorkflow', workflowType: 'scheduledRotation', workflowId: 'from-the-ui' },
        ...{ taskQueue: 'rekor-rotate', args: [{ log: log.name }] },
      },
    });
    expect((await schedule('trigger', '--id', 'from-the-ui')).code).toBe(0);
    expect((await ended('from-the-ui')).outcome).toBe('completed');
    await log.worker.stop();
    const said = log.worker.output().length;
    log.worker.start();
    await until('the warning', PATIENCE_MS, () =>
      log.worker
        .output()
        .slice(said)
        .includes('the schedule from-the-ui is set dangerously: After an outage'),
    );
    await log.temporal.schedule.getHandle('from-the-ui').delete();
  });

  it('whose window Temporal was down over does not rotate afterwards, and says so (H27)', async () => {
    const { activeTreeId } = await log.serving();
    const fires = new Date(Date.now() + 30_000);
    const window = `mon-sun ${clock(Date.now() - 121 * MINUTE_MS)}-${clock(Date.now() - 61 * MINUTE_MS)}`;
    await log.temporal.schedule.create({
      scheduleId: 'slept-through',
      spec: {
        calendars: [
          {
            ...{ second: fires.getUTCSeconds(), minute: fires.getUTCMinutes(), hour: fires.getUTCHours() },
            dayOfMonth: fires.getUTCDate(),
          },
        ],
      },
      policies: { catchupWindow: '365 days' },
      action: {
        ...{ type: 'startWorkflow', workflowType: 'scheduledRotation', workflowId: 'slept-through' },
        ...{ taskQueue: 'rekor-rotate', args: [{ log: log.name, windows: [window] }] },
      },
    });
    // Until it has looked for the first time, Temporal does not know from when on it has to make up for what it missed.
    await until('its first look', PATIENCE_MS, async () => {
      const { info } = await log.temporal.schedule.getHandle('slept-through').describe();
      return info.nextActionTimes[0]?.getTime() === Math.floor(fires.getTime() / 1000) * 1000;
    });
    log.lab.killPart('temporal');
    await until('the end of Temporal', PATIENCE_MS, () => log.lab.pidOf('temporal') === null);
    await until('the time at which it was to fire', PATIENCE_MS, () => Date.now() > fires.getTime() + 1_000);
    await log.lab.startPart('temporal');

    const run = await ended('slept-through');
    expect(run).toMatchObject({ outcome: 'skipped', result: { refusals: [{ code: 'NO_WINDOW_OPEN' }] } });
    expect(run.workflowId).toBe(`slept-through-${fires.toISOString().replace(/\.\d+/, '')}`);
    expect(run.startedAt.getTime()).toBeGreaterThan(fires.getTime() + 1_000);
    expect(run.reason).toContain('The last one was');
    expect((await log.serving()).activeTreeId).toBe(activeTreeId);
  });
});
