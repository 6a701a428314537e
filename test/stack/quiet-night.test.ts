import { setTimeout as rest } from 'node:timers/promises';
import { type ScheduleRun, lastRuns } from '../../cli/schedule/runs';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { type Progress, PROGRESS, scheduledId } from '../../workflows/messages';
import { saidBy } from '../cli/recording-terminal';
import { useLog } from './use-log';

const MINUTE_MS = 60_000;

/** Hours and minutes of a time, in UTC. */
const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);

const iso = (time: number): string => new Date(time).toISOString();

/** In writes a minute: at most so many are a lull. Busy clients send eight times as many, those of the night a quarter. */
const LULL = 60;
const BUSY_PER_SECOND = 8;
const NIGHT_PER_SECOND = 0.25;

/** A lull of a minute, the shortest that a policy may ask for. */
const lull = ['--lull-writes-per-minute', String(LULL), '--lull-minutes', '1', '--at-window-end', 'skip'];

describe('a schedule of a log whose load falls and rises', () => {
  const log = useLog();
  const schedule = (...words: string[]) => saidBy(['schedule', ...words, '-c', log.lab.files.configuration]);

  let opens: number | undefined;

  /** A schedule whose window is open for so many minutes, triggered; and its run, once that has ended. */
  async function triggered(minutes: number) {
    if (opens === undefined) {
      // A shard that begins in a window is not rotated in it again: the log's first entry comes before.
      await log.expectWritable();
      opens = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
      // A schedule that is there before fires at that moment, and a trigger then starts nothing.
      await rest(opens - Date.now());
    }
    const closes = opens + minutes * MINUTE_MS;
    const window = ['--window', `mon-sun ${clock(opens)}-${clock(closes)}`, '--time-zone', 'UTC'];
    const made = await schedule('create', log.name, ...window, ...lull, '--due-entries', '1', '--replace');
    expect([made.code, made.errors]).toEqual([0, '']);
    const { words } = await schedule('trigger', log.name);
    const [, workflowId = ''] = /^Started (\S+)\. /.exec(words) ?? [];
    expect([words, workflowId]).toEqual([words, expect.stringContaining(`rotate-${log.name}-`)]);
    const ended = async (): Promise<ScheduleRun> =>
      await until(`the end of ${workflowId}`, PATIENCE_MS, async () =>
        (await lastRuns(log.temporal, `rotate-${log.name}`, 10)).find(
          (run) => run.workflowId === workflowId && run.outcome !== 'running',
        ),
      );
    return { ended, window: { opensAt: iso(opens), closesAt: iso(closes) } };
  }

  /** What the rotation that the schedule has started says of itself. */
  const progress = (): Promise<Progress> =>
    log.temporal.workflow.getHandle(scheduledId(log.name)).query<Progress>(PROGRESS);

  it('is skipped while the load lasts, changes nothing, and says which rates it saw in which window', async () => {
    const before = await log.snapshot();
    const load = log.load(BUSY_PER_SECOND);
    // Twice as long as the lull: by its end the rate of a whole minute is known.
    const { ended, window } = await triggered(2);
    const run = await ended();
    const { failures } = await load.stop();

    expect(failures).toEqual([]);
    expect(run).toMatchObject({
      outcome: 'skipped',
      result: {
        refusals: [{ code: 'NO_LULL' }],
        window,
        due: { because: expect.stringContaining('It is due') as string },
        rotation: {
          outcome: 'skipped',
          watched: { lull: false, mostPerMinute: LULL, countedBy: 'gate', unread: null },
        },
      },
    });
    expect(run.result?.rotation?.watched?.writesPerMinute).toBeGreaterThan(LULL);
    expect(run.reason).toMatch(
      /^No lull of \S+ came by .* Writes a minute at .*: \d.*, counted by the gate; at most 60 are a lull\./,
    );
    expect(await log.snapshot()).toEqual(before);
    const shown = await schedule('show', log.name);
    expect(shown.words).toContain('UTC: skipped. No lull');
    await log.expectNothingLost();
  });

  it('rotates in the lull that comes, fails no request when the load rises again, and loses nothing', async () => {
    const { activeTreeId } = await log.serving();
    const busy = log.load(BUSY_PER_SECOND);
    const { ended, window } = await triggered(120);
    await until('the wait for a lull', PATIENCE_MS, async () => {
      const { waiting } = await progress();
      return waiting?.for === 'lull';
    });
    const loads = [await busy.stop()];
    const night = log.load(NIGHT_PER_SECOND);
    // It rises while the rotation runs.
    await until('the rotation', PATIENCE_MS, async () => (await progress()).waiting === null);
    const morning = log.load(BUSY_PER_SECOND);
    const run = await ended();
    await log.expectWritable();
    loads.push(await night.stop(), await morning.stop());

    expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
    expect(loads.map(({ writes }) => writes.attempted)).not.toContain(0);
    expect(run).toMatchObject({
      outcome: 'completed',
      result: {
        refusals: [],
        window,
        rotation: {
          outcome: 'completed',
          currentTree: { treeId: activeTreeId },
          watched: { lull: true, mostPerMinute: LULL, countedBy: 'gate', unread: null },
        },
      },
    });
    expect(run.result?.rotation?.watched?.writesPerMinute).toBeLessThanOrEqual(LULL);
    expect((await log.serving()).activeTreeId).toBe(run.result?.rotation?.nextTree?.treeId);
    expect((await schedule('show', log.name)).words).toMatch(/UTC: completed\. .* UTC: skipped\. No lull/);
    await log.expectNothingLost();
  });
});
