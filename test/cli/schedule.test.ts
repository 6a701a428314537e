import { ScheduleOverlapPolicy } from '@temporalio/client';
import { scheduleLine } from '../../quiet-hours/model/schedule-line';
import { makeSchedule, setPaused } from '../../cli/schedule/making';
import { firingsOf, lostNights } from '../../schedules/firing';
import { occurrencesFrom, untilTime, windowsOf } from '../../schedules/windows';
import { readSchedule } from '../../workers/schedules';
import { read } from '../docs/markdown';
import { until } from '../patience';
import { recordingTerminal, saidBy } from './recording-terminal';
import { useStandIn } from './stand-in-server';

const server = useStandIn();
const windows = ['--window', 'sun 02:00-05:00', '--time-zone', 'Europe/Berlin'];
const schedule = (...words: string[]) => saidBy(['schedule', ...words, '-c', server.config]);
const described = async (id = 'rotate-production') => {
  const found = await readSchedule(server.temporal, id);
  if (!found) throw new Error(`There is no schedule ${id}.`);
  return found;
};

afterEach(async () => {
  for await (const { scheduleId } of server.temporal.schedule.list()) {
    await server.temporal.schedule
      .getHandle(scheduleId)
      .delete()
      .catch(() => undefined);
  }
  await until(async () => (await schedule('list')).output.startsWith('No schedule rotates a log.'));
});

describe('schedule create', () => {
  it('makes what quiet-hours prints, set safely, and says what it will do', async () => {
    const line = scheduleLine('production', [{ days: [6], fromHour: 2, length: 3 }], 'Europe/Berlin').join(
      ' ',
    );
    const [, , , ...given] = line
      .split(/ (?=(?:[^']*'[^']*')*[^']*$)/)
      .map((word) => word.replaceAll("'", ''));
    const { code, output, words } = await schedule('create', ...given);

    expect(code).toBe(0);
    expect(Math.max(...output.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(words).toContain('The schedule rotate-production is made.');
    expect(words).toMatch(
      /Next windows - Sun \d{4}-\d\d-\d\d 02:00 UTC\+[12] to .* window sun 02:00-05:00: rotates/,
    );
    expect(words).toContain('Nothing says when a rotation is due');
    const { description, ...found } = await described();
    expect(found).toMatchObject({
      workflowType: 'scheduledRotation',
      workflowId: 'rotate-production',
      taskQueue: 'stand-in',
      input: { log: 'production', windows: ['sun 02:00-05:00'], timeZone: 'Europe/Berlin' },
      overlap: 'SKIP',
      catchUpMs: 4 * 3_600_000,
    });
    expect(description.policies.pauseOnFailure).toBe(true);
  });

  it('takes every part of a policy', async () => {
    const { code } = await schedule(
      ...['create', 'production', ...windows, '--window', 'sat 22:00-01:00', '--name', 'weekly'],
      ...['--blackout', '2026-12-20..2027-01-06', '--due-entries', '1000', '--due-age-days', '90'],
      ...['--due-database-bytes', '5000000', '--at-most-once-in-days', '7'],
      ...['--lull-writes-per-minute', '2.5', '--lull-minutes', '10', '--at-window-end', 'go'],
    );
    expect(code).toBe(0);
    expect((await described('rotate-production-weekly')).input).toEqual({
      ...{ log: 'production', windows: ['sun 02:00-05:00', 'sat 22:00-01:00'], timeZone: 'Europe/Berlin' },
      blackout: ['2026-12-20..2027-01-06'],
      due: { entries: 1000, ageDays: 90, databaseBytes: 5_000_000 },
      ...{ atMostOnceInDays: 7, lull: { writesPerMinute: 2.5, forMinutes: 10 }, atWindowEnd: 'go' },
    });
  });

  it('says all that is wrong at once, and makes nothing', async () => {
    const { code, words } = await schedule(
      ...[
        'create',
        '--window',
        'sunday',
        '--time-zone',
        'Europe/Berln',
        '--due-entries',
        'many',
        '--name',
        'A B',
      ],
      ...['--lull-minutes', '0'],
    );
    expect(code).toBe(2);
    expect(words).toContain('Name the log');
    expect(words).toContain('--window is ["sunday"]; allowed is');
    expect(words).toContain('such as Europe/Berlin');
    expect(words).toContain('--due-entries is "many"; allowed is a whole number');
    expect(words).toContain('--lull-minutes is 0');
    expect(words).toContain('--name is A B');
    expect(words).toMatch(/^ This is missing or wrong: - /);
    expect(words).toContain('A lull needs one of --lull-writes-per-minute and --lull-quantile, not both.');
    const { words: large } = await schedule(
      ...['create', 'production', ...windows, '--due-database-bytes', '5', '--lull-quantile', '0.1'],
    );
    expect(large).toContain(
      '--due-database-bytes is 5; allowed is a size together with --at-most-once-in-days',
    );
    expect(large).toContain('A lull needs --lull-minutes');
    for (const said of [words, large]) {
      expect(said).not.toMatch(/atMostOnceInDays|writesPerMinute|forMinutes|"quantile"/);
    }
    const without = await schedule('create', 'production');
    expect([without.code, without.words]).toEqual([
      2,
      expect.stringMatching(
        /Say when: --window.*Say in which time zone these hours are, such as --time-zone UTC\./,
      ),
    ]);
    const unknown = await schedule('create', 'prodution', ...windows);
    expect([unknown.code, unknown.words]).toEqual([2, expect.stringContaining('Did you mean "production"?')]);
  });

  it('refuses one that is there, and replaces it when told to, paused as it is', async () => {
    await schedule('create', 'production', ...windows);
    const refused = await schedule('create', 'production', ...windows, '--due-age-days', '30');
    expect([refused.code, refused.words]).toEqual([3, expect.stringContaining('--replace')]);
    await schedule('pause', 'production', '--why', 'release week');
    const replaced = await schedule('create', 'production', '--replace', ...windows, '--due-age-days', '30');

    expect(replaced.words).toContain('The schedule rotate-production is replaced, and still paused.');
    const { input, description } = await described();
    expect(input).toMatchObject({ due: { ageDays: 30 } });
    expect(description.state).toMatchObject({ paused: true, note: 'release week' });
    expect(description.policies).toMatchObject({ overlap: 'SKIP', pauseOnFailure: true });
  });

  it('loses no pause that comes while a policy is replaced', async () => {
    await schedule('create', 'production', ...windows);
    const policy = { log: 'production', windows: ['sun 02:00-05:00'], timeZone: 'Europe/Berlin' };
    for (let ageDays = 1; ageDays <= 10; ageDays += 1) {
      await Promise.all([
        makeSchedule(
          server.temporal,
          'rotate-production',
          { ...policy, due: { ageDays } },
          { taskQueue: 'stand-in', replace: true },
        ),
        server.temporal.schedule.getHandle('rotate-production').pause(`pause ${ageDays}`),
      ]);
      const { paused, input } = await described();
      expect([ageDays, paused, input]).toEqual([ageDays, true, { ...policy, due: { ageDays } }]);
      await server.temporal.schedule.getHandle('rotate-production').unpause('on');
      await until(async () => !(await described()).paused);
    }
  });
});

describe('what Temporal says of a schedule over both changes of clocks', () => {
  it.each(['Europe/Berlin', 'America/New_York'])(
    'in %s is one firing a night: none is doubled, left out or an hour late',
    async (timeZone) => {
      for (const window of ['mon-sun 01:30-04:00', 'mon-sun 02:00-05:00']) {
        const policy = { log: 'production', windows: [window], timeZone };
        const { schedule: schedules, workflowService } = server.temporal;
        await schedules.create({
          scheduleId: 'clocks',
          spec: { calendars: firingsOf(windowsOf(policy), Date.parse('2026-09-01T12:00Z')) },
          action: {
            type: 'startWorkflow',
            workflowType: 'scheduledRotation',
            workflowId: 'clocks',
            args: [policy],
            taskQueue: 'nobody',
          },
          state: { paused: true },
        });
        for (const [from, to] of [
          ['2026-10-20T12:00Z', '2026-11-05T12:00Z'],
          ['2027-03-10T12:00Z', '2027-04-02T12:00Z'],
        ] as const) {
          const seconds = (time: string) => ({ seconds: Date.parse(time) / 1000 }) as never;
          const { startTime } = await workflowService.listScheduleMatchingTimes({
            ...{ namespace: 'default', scheduleId: 'clocks', startTime: seconds(from), endTime: seconds(to) },
          });
          const fires = startTime.map((time) => Number(time.seconds) * 1000);
          const nights = [...untilTime(occurrencesFrom(windowsOf(policy), Date.parse(from)), Date.parse(to))];
          expect(fires).toHaveLength(nights.length);
          expect(lostNights(nights, fires)).toEqual([]);
        }
        await schedules.getHandle('clocks').delete();
      }
    },
  );

  it('names the night of the coming year in which clocks leave out a window', async () => {
    const { words } = await schedule(
      'create',
      'production',
      '--window',
      'mon-sun 02:00-03:00',
      '--time-zone',
      'Europe/Berlin',
    );
    expect(words).toMatch(/Warnings .*: clocks leave out this window that night, so nothing happens\./);
  });
});

describe('schedule pause, resume, trigger and delete', () => {
  beforeEach(() => schedule('create', 'production', ...windows, '--due-age-days', '30'));

  it('need a reason to pause, and to let it go on', async () => {
    for (const verb of ['pause', 'resume']) {
      const { code, words } = await schedule(verb, 'production', '--why', ' ');
      expect([code, words]).toEqual([2, expect.stringContaining('Say why')]);
    }
    expect((await described()).paused).toBe(false);
    expect((await schedule('pause', 'production', '--why', 'release week')).code).toBe(0);
    expect((await described()).description.state).toMatchObject({ paused: true, note: 'release week' });
    const shown = await schedule('show', 'production');
    expect(shown.words).toContain('State paused: release week');
    expect(shown.words).toContain('nothing: it is paused');
    expect((await schedule('resume', 'production', '--why', 'over')).words).toContain('fires again');
    expect((await described()).paused).toBe(false);
  });

  it('pause again when somebody has undone it by changing the schedule at the same moment', async () => {
    const { description } = await described();
    const { workflowService } = server.temporal;
    const describeSchedule = workflowService.describeSchedule.bind(workflowService);
    let undone = false;
    // Between the look that finds it paused and the next one, however long Temporal takes for either.
    const looks = jest.spyOn(workflowService, 'describeSchedule').mockImplementation(async (request) => {
      const found = await describeSchedule(request);
      if (undone || found.schedule?.state?.paused !== true) return found;
      undone = true;
      const { schedule: before } = description.raw;
      const { scheduleId } = description;
      await workflowService.updateSchedule({
        ...{ namespace: 'default', scheduleId, requestId: 'somebody', schedule: before },
      });
      await until(async () => (await describeSchedule(request)).schedule?.state?.paused !== true);
      return found;
    });
    try {
      await setPaused(server.temporal, 'rotate-production', true, 'release week');
    } finally {
      looks.mockRestore();
    }
    expect(undone).toBe(true);
    expect((await described()).paused).toBe(true);
  });

  it('start one run, and say that nothing was started beside it', async () => {
    const first = await schedule('trigger', 'production');
    expect([first.code, first.words]).toEqual([0, expect.stringMatching(/Started rotate-production-\d{4}-/)]);
    const second = await schedule('trigger', 'production');
    const [, run = ''] = /Started (\S+)\./.exec(first.words) ?? [];
    expect([second.code, second.words]).toEqual([
      3,
      expect.stringContaining(`Nothing was started: ${run} runs already`),
    ]);

    const waits = await schedule('show', 'production');
    expect(waits.words).toMatch(/Last runs - \d{4}-\d\d-\d\d \d\d:\d\d UTC: running\./);
    await server.temporal.workflow.getHandle(run).signal('finish');
    await server.temporal.workflow.getHandle(run).result();
    await until(async () =>
      (await schedule('show', 'production')).words.includes(': skipped. A rotation is not due.'),
    );
    const { words } = await schedule('show', 'production');
    expect(words).toContain('1 started, 1 left out because one was open, 0 missed');
    expect(words).toMatch(
      /rotates: the active shard is \d+ days old by then|nothing: the active shard is \d+ days old by then/,
    );
  });

  it('ask before they delete, and name what goes on', async () => {
    await schedule('trigger', 'production');
    const nobody = await schedule('delete', 'production');
    expect([nobody.code, nobody.words]).toEqual([2, expect.stringContaining('--yes')]);
    const no = await saidBy(
      ['schedule', 'delete', 'production', '-c', server.config],
      recordingTerminal({ asks: true }),
    );
    expect(no.code).toBe(3);
    const { words } = await schedule('delete', 'production', '--yes');
    expect(words).toMatch(
      /The schedule rotate-production is deleted\. rotate-production-\S+ is open and goes on\./,
    );
    const gone = await schedule('show', 'production');
    expect([gone.code, gone.words]).toEqual([
      3,
      expect.stringContaining('There is no schedule rotate-production.'),
    ]);
  });
});

it('lists and judges schedules that were made otherwise, and shows them by their id', async () => {
  await server.temporal.schedule.create({
    scheduleId: 'from-the-ui',
    spec: { intervals: [{ every: '1d' }] },
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: '365 days' },
    action: {
      type: 'startWorkflow',
      workflowType: 'rotateLog',
      workflowId: 'ui',
      args: [{ log: 'production' }],
      taskQueue: 'stand-in',
    },
  });
  await until(async () => (await schedule('list')).words.includes('from-the-ui'));
  const { code, words } = await schedule('list');
  expect(code).toBe(0);
  expect(words).toContain('from-the-ui: production, active');
  for (const danger of ['starts rotateLog without a window', 'overlap policy is ALLOW_ALL', '8760 h ago']) {
    expect(words).toContain(danger);
  }
  const missing = await schedule('show', 'production');
  expect(missing.words).toContain('There is from-the-ui: name it with --id.');
  expect((await schedule('show', '--id', 'from-the-ui')).words).toContain(
    'Schedule from-the-ui of production',
  );
  const json = JSON.parse((await schedule('list', '--json')).output) as unknown[];
  expect(json).toMatchObject([{ scheduleId: 'from-the-ui', log: 'production', overlap: 'ALLOW_ALL' }]);
});

describe('docs/schedules.md', () => {
  it('names every field of a policy', () => {
    for (const field of [
      'windows',
      'timeZone',
      'blackout',
      'due.entries',
      'due.ageDays',
      'due.databaseBytes',
      'atMostOnceInDays',
      'lull',
      'atWindowEnd',
    ]) {
      expect(read('docs/schedules.md')).toContain(`| \`${field}\``);
    }
  });
});
