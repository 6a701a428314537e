import { Context } from '@temporalio/activity';
import { valueOf } from '../../simulation/temporal/conversion';
import { EPOCH } from '../../simulation/virtual-time';
import { scheduledId } from '../../workflows/messages';
import { Random } from '../../simulation/random';
import { SOON_MS } from '../../workflows/model/scheduled';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import type { Rotations } from './rotations';
import { CURRENT_TREE, SimulatedLog } from './simulated-log';
import { failedForInput } from './wrong-input';

/** The world and its entries begin on Saturday, 31 January 2026, at 03:00 UTC, which is 04:00 in Berlin. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const open = { windows: ['sat 04:01-06:00'], timeZone: 'Europe/Berlin' };
const saturday = { opensAt: '2026-01-31T03:01:00.000Z', closesAt: '2026-01-31T05:00:00.000Z' };

/** Runs it when the window has been open for a while. */
function inWindow<Result>(
  log: SimulatedLog,
  body: (rotations: Rotations) => Promise<Result>,
): Promise<Result> {
  return log.run(async (rotations) => {
    await log.world.time.pass(120_000);
    return await body(rotations);
  });
}

const requestOf = (log: SimulatedLog): unknown => {
  const [request] = log.world.temporal.latest(scheduledId('lab'))?.options.args ?? [];
  return request && valueOf(request);
};
const detailsOf = (log: SimulatedLog, workflowId: string): Promise<unknown> => {
  const { temporal } = log.world;
  const run = temporal.latest(workflowId);
  return run ? temporal.query(run, '__temporal_workflow_metadata') : Promise.resolve(undefined);
};

describe('a scheduled rotation', () => {
  it('rotates in an open window, and says what it saw', async () => {
    const log = new SimulatedLog();
    const result = await inWindow(log, ({ scheduled }) =>
      scheduled({ ...open, due: { entries: 7, ageDays: 30 } }),
    );

    expect(result).toMatchObject({
      outcome: 'completed',
      log: 'lab',
      due: {
        ...{ entries: 7, ageDays: 0, databaseBytes: null, unread: [] },
        because: 'It is due: the active shard has 7 entries, and 7 make it due.',
      },
      window: {
        ...saturday,
        text: 'Sat 2026-01-31 04:01 UTC+1 to Sat 2026-01-31 06:00 UTC+1 (2026-01-31 03:01 UTC to 2026-01-31 05:00 UTC)',
      },
      rotation: { workflowId: 'scheduled-lab', outcome: 'completed', nextTree: { treeId: log.nextTree() } },
    });
    expect(result.rotation).not.toHaveProperty('plan');
    expect(requestOf(log)).toEqual({
      log: 'lab',
      currentTree: CURRENT_TREE,
      begin: { notAfter: saturday.closesAt },
    });
    expect(log.active()).toEqual([log.nextTree()]);
  });

  const lull = { writesPerMinute: 0, forMinutes: 1 };

  it('lets the rotation wait for a lull until the window ends, and is skipped without one', async () => {
    const log = new SimulatedLog({ pauseBetweenAttemptsMs: DAY_MS });
    const result = await inWindow(log, async ({ scheduled }) => {
      log.world.traffic.start();
      const ended = await scheduled({ ...open, lull });
      log.world.traffic.stop();
      return ended;
    });

    expect(result).toMatchObject({
      outcome: 'skipped',
      rotation: { outcome: 'skipped', watched: { lull: false } },
    });
    expect(result.reason).toMatch(/No lull of lab came by .* Writes a minute at .*: \d+/);
    expect(requestOf(log)).toMatchObject({ begin: { notAfter: saturday.closesAt, lull, atEnd: 'skip' } });
    expect(log.nextTrees()).toEqual([]);
  });

  it('rotates in the lull that comes', async () => {
    const log = new SimulatedLog({ pauseBetweenAttemptsMs: DAY_MS });
    const result = await inWindow(log, async ({ scheduled, pass }) => {
      log.world.traffic.start();
      const [ended] = await Promise.all([
        scheduled({ ...open, lull }),
        pass(600_000).then(() => log.world.traffic.stop()),
      ]);
      return ended;
    });

    const watched = { lull: true, writesPerMinute: 0, mostPerMinute: 0, countedBy: 'gate' };
    expect(result).toMatchObject({ outcome: 'completed', rotation: { outcome: 'completed', watched } });
    expect(log.active()).toEqual([log.nextTree()]);
  });

  it('is skipped when somebody rotates by hand while it waits for its window', async () => {
    const log = new SimulatedLog({ pauseBetweenAttemptsMs: DAY_MS });
    const result = await inWindow(log, async ({ startScheduled, rotate }) => {
      const handle = await startScheduled({ windows: ['sat 05:00-08:00'] });
      await log.world.time.pass(HOUR_MS);
      expect((await rotate()).outcome).toBe('completed');
      return await handle.result();
    });

    expect(result).toMatchObject({
      outcome: 'skipped',
      rotation: { refusals: [{ code: 'NOT_THE_ACTIVE_TREE' }] },
    });
    expect(log.nextTrees()).toHaveLength(1);
  });

  it('lets the rotation wait for a window that opens soon, and holds no lock for it', async () => {
    const log = new SimulatedLog({ pauseBetweenAttemptsMs: DAY_MS });
    const result = await inWindow(log, ({ scheduled }) => scheduled({ windows: ['sat 05:00-08:00'] }));

    expect(result.window).toMatchObject({ opensAt: '2026-01-31T05:00:00.000Z' });
    expect(requestOf(log)).toMatchObject({
      begin: { notBefore: '2026-01-31T05:00:00.000Z', notAfter: '2026-01-31T08:00:00.000Z' },
    });
  });

  it.each<[string, Partial<SchedulePolicy>, string, RegExp]>([
    [
      'the window has closed: a run that was caught up after an outage',
      { windows: ['sat 00:00-03:00'] },
      'NO_WINDOW_OPEN',
      /The last one was Sat 2026-01-31 00:00 UTC to Sat 2026-01-31 03:00 UTC\. The next one is Sat 2026-02-07 00:00/,
    ],
    [
      'the window is far ahead',
      { windows: [`sat ${new Date(EPOCH + SOON_MS + 180_000).toISOString().slice(11, 16)}-12:00`] },
      'NO_WINDOW_OPEN',
      /The next one is Sat 2026-01-31 06:03/,
    ],
    [
      'it is a blackout date',
      { ...open, blackout: ['2026-01-31'] },
      'NO_WINDOW_OPEN',
      /The next one is Sat 2026-02-07 04:01/,
    ],
    [
      'no window opens any more',
      { blackout: ['2026-01-01..2028-01-01'] },
      'NO_WINDOW_OPEN',
      /None opens within a year/,
    ],
    [
      'nothing makes it due',
      { ...open, due: { entries: 8, ageDays: 1, databaseBytes: 15001 }, atMostOnceInDays: 1 },
      'NOT_DUE',
      /7 entries and is 0 days old; the database has 15000 bytes\. Due makes it: 8 entries, or 1 day, or a database of 15001 bytes\. At most one in 1 day/,
    ],
    [
      'the last rotation is too near',
      { ...open, due: { entries: 1 }, atMostOnceInDays: 1 },
      'NOT_DUE',
      /0 days old/,
    ],
  ])('is skipped, with the reason, when %s', async (_, policy, code, words) => {
    const log = new SimulatedLog();
    const result = await inWindow(log, ({ scheduled }) => scheduled(policy));

    expect(result).toMatchObject({ outcome: 'skipped', refusals: [{ code }] });
    expect(result.reason).toMatch(words);
    expect(result).not.toHaveProperty('rotation');
    expect(requestOf(log)).toBeUndefined();
    expect(log.notAsBefore()).toEqual([]);
  });

  it('counts days of the calendar: a rotation of last week, some minutes later than this one, is a week ago', async () => {
    const log = new SimulatedLog({ pauseBetweenAttemptsMs: 8 * DAY_MS });
    const results = await inWindow(log, async ({ scheduled }) => {
      const began = log.world.time.now;
      const first = await scheduled(open);
      await log.world.time.pass(began + 7 * DAY_MS - 50_000 - log.world.time.now);
      return [first, await scheduled({ ...open, atMostOnceInDays: 7 })];
    });

    expect(results.map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(results[1]?.due).toMatchObject({ ageDays: 7 });
  });

  it('is due by the size of the database where that can be read', async () => {
    const log = new SimulatedLog({ pauseBetweenAttemptsMs: 2 * DAY_MS });
    const result = await inWindow(log, async ({ scheduled }) => {
      await log.world.time.pass(DAY_MS);
      return await scheduled({ due: { databaseBytes: 15_000 }, atMostOnceInDays: 1 });
    });
    expect(result).toMatchObject({ outcome: 'completed', due: { databaseBytes: 15_000 } });
  });

  it('rotates once in a window, whoever asks: by hand and by another schedule', async () => {
    const log = new SimulatedLog();
    const results = await inWindow(log, async ({ rotate, scheduled }) => {
      await rotate();
      return [await scheduled(open), await scheduled({ ...open, due: { entries: 1 } })];
    });

    expect(results).toMatchObject([
      { outcome: 'skipped', refusals: [{ code: 'ROTATED_IN_WINDOW' }] },
      { outcome: 'skipped', refusals: [{ code: 'ROTATED_IN_WINDOW' }] },
    ]);
    expect(log.nextTrees()).toHaveLength(1);
  });

  it('is skipped while a rotation by hand runs, which is named', async () => {
    const log = new SimulatedLog();
    const result = await inWindow(log, async ({ start, scheduled }) => {
      let during: ReturnType<typeof scheduled> | undefined;
      void log.once('stage', async () => {
        during = scheduled(open);
        await log.world.time.pass(2_000);
      });
      await (await start()).result();
      return await during;
    });

    expect(result).toMatchObject({ outcome: 'skipped', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
    expect(log.nextTrees()).toHaveLength(1);
  });

  it('is skipped while another one of this log waits or runs', async () => {
    const log = new SimulatedLog();
    const results = await inWindow(log, ({ scheduled }) => Promise.all([scheduled(open), scheduled(open)]));

    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'skipped']);
    const skipped = results.find(({ outcome }) => outcome === 'skipped');
    expect(['SCHEDULED_ALREADY', 'ROTATION_IN_PROGRESS']).toContain(skipped?.refusals[0]?.code);
    expect(log.nextTrees()).toHaveLength(1);
  });

  it('never rotates twice, however two of them and a rotation by hand fall together', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = new Random(seed);
      const log = new SimulatedLog();
      const outcomes = await inWindow(log, async ({ rotate, scheduled }) => {
        const later = async <Result>(act: () => Promise<Result>): Promise<Result> => {
          await log.world.time.pass(random.between(0, 20_000));
          return await act();
        };
        const ended = await Promise.all([
          later(() => scheduled(open)),
          later(() => scheduled({ ...open, due: { entries: 1 } })),
          later(() => rotate({ currentTree: CURRENT_TREE })),
        ]);
        return ended.map(({ outcome }) => outcome);
      });
      expect([seed, outcomes.filter((outcome) => outcome === 'completed')]).toEqual([seed, ['completed']]);
      expect(log.nextTrees()).toHaveLength(1);
    }
  });

  it('fails with everything that is wrong with its policy, and without a stack', async () => {
    const log = new SimulatedLog();
    const wrong = { log: 'lob', windows: ['sunday'], timeZone: 'Europe/Berln', due: { age: 1 } };
    const failed = await inWindow(log, async ({ startScheduled }) =>
      failedForInput(await startScheduled(wrong as Partial<SchedulePolicy>)),
    );

    expect(failed.code).toBe('REQUEST_INVALID');
    expect(failed.message).toMatch(
      /windows is \["sunday"\].*due\.age is 1.*such as Europe\/Berlin.*no log named "lob"/s,
    );
    expect(failed.stack).not.toContain('    at ');
  });

  it('is refused when the log cannot be looked at, and says why', async () => {
    const log = new SimulatedLog();
    const result = await inWindow(log, ({ scheduled }) => {
      log.world.network.takeDown('gate', HOUR_MS);
      return scheduled(open);
    });
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'GATE_UNREACHABLE' }] });
  });

  it('passes Cancel on to its rotation, which takes itself back', async () => {
    const log = new SimulatedLog();
    const result = await inWindow(log, async ({ startScheduled }) => {
      const handle = await startScheduled(open);
      void log.once('stage', async () => {
        await handle.cancel();
        await Context.current().cancelled;
      });
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', rotation: { refusals: [{ code: 'CANCELLED' }] } });
    expect(log.notAsBefore()).toEqual([]);
  });

  it('leaves its rotation running when it is terminated', async () => {
    const log = new SimulatedLog();
    const result = await inWindow(log, async ({ startScheduled, getHandle }) => {
      const handle = await startScheduled(open);
      await log.once('stage', () => handle.terminate('by the test'));
      return await getHandle<{ outcome: string }>('scheduled-lab').result();
    });
    expect(result.outcome).toBe('completed');
  });

  it('fails when its rotation fails inside, so that its schedule is paused', async () => {
    const log = new SimulatedLog();
    await inWindow(log, async ({ startScheduled, getHandle }) => {
      const handle = await startScheduled(open);
      await log.once('stage', () => getHandle('scheduled-lab').terminate('by the test'));
      await expect(handle.result()).rejects.toThrow();
    });
  });

  it('shows what it decided in its current details', async () => {
    const log = new SimulatedLog();
    await inWindow(log, async ({ startScheduled }) => {
      const handle = await startScheduled({ ...open, due: { entries: 8 } });
      await handle.result();
      const shown = JSON.stringify(await detailsOf(log, handle.workflowId));
      expect(shown).toContain('**Scheduled rotation of lab** - ended: skipped, nothing was changed');
      expect(shown).toContain('What was found: the active shard has 7 entries');
    });
  });
});
