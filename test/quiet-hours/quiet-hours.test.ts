import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { knownEntriesIn } from '../../quiet-hours/known-entries';
import { windowText } from '../../quiet-hours/model/schedule-line';
import { DAY, HOUR } from '../../quiet-hours/model/week';
import { LogUnreadable, MustStop } from '../../activities/clients/log-requests';
import { quietHoursIn, sleepingClock } from './asking';
import { plantedLog, type PlantedShard, plantedTimes } from './planted-log';
import { now, plantedShards } from './planted-week';

/** A tenth of the planted log: its rates are high enough to tell the window by. */
const small = plantedShards(20_000);
const [first = { treeId: '1', times: [] }, second = { treeId: '2', times: [] }] = small;
const whole = { treeId: first.treeId, times: [...first.times, ...second.times] };

const oneShard = (times: readonly number[]): PlantedShard[] => [{ treeId: '77', times }];
const evenly = (count: number, from: number, to: number): number[] =>
  plantedTimes(count, { from, to, rate: () => 1, seed: 7 });

describe('a log of any shape', () => {
  it.each<[string, PlantedShard[]]>([
    ['of two shards', small],
    ['of one shard', [whole]],
    ['whose active shard is empty', [whole, { treeId: '99', times: [] }]],
    ['with an empty shard before the others', [{ treeId: '98', times: [] }, first, second]],
    ['of many shards', cutInto(whole.times, 12)],
    ['whose shards overlap in time', everyOther(whole.times)],
  ])('%s has the same quiet window', async (_, shards) => {
    // Shards that overlap in time have each hour's boundary twice.
    const found = await quietHoursIn(plantedLog(shards), { mostRequests: 600 });

    expect(found.unknown).toBeNull();
    expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
    expect(found).toMatchObject({ entries: 20_000, shards: shards.length, stopped: null });
  });

  it('that does not give every entry has the same quiet window', async () => {
    const log = plantedLog(small);
    for (let index = 0; index < 20_000; index += 7) log.missing.add(index);
    log.missing.add(19_999);
    const found = await quietHoursIn(log);

    expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
  });

  it('whose clock was wrong for some entries has the same quiet window', async () => {
    const times = whole.times.map((time, index) => (index % 997 === 3 ? time - 30 * DAY : time));
    const found = await quietHoursIn(plantedLog([{ ...whole, times }]));

    expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
  });

  it.each([403, 404, 405, 501])(
    'that answers the retrieval with %s is asked entry by entry',
    async (status) => {
      const log = plantedLog(small);
      log.instead = ({ method }) => (method === 'POST' ? { status, body: {} } : undefined);
      const found = await quietHoursIn(log, { mostRequests: 1500 });

      expect(log.asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
      expect(log.asked.at(-1)).toMatchObject({ method: 'GET', indexes: [expect.any(Number)] });
      expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
    },
  );

  it('whose ten entries are too long for one answer is asked for them one by one', async () => {
    const log = plantedLog(small);
    log.instead = ({ method }) => {
      if (method === 'POST')
        throw Object.assign(new Error('long'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
      return undefined;
    };
    const found = await quietHoursIn(log, { mostRequests: 1500 });

    expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
  });

  it('never gets a request for more than ten entries, nor twice for the same one', async () => {
    const log = plantedLog(small);
    await quietHoursIn(log);
    const indexes = log.asked.flatMap((asked) => asked.indexes);

    expect(Math.max(...log.asked.map((asked) => asked.indexes.length))).toBe(10);
    expect(new Set(indexes).size).toBe(indexes.length);
  });

  it('is not judged by entries of another tree, which a process with another list of shards gives', async () => {
    const log = plantedLog(small);
    const other = plantedLog([{ treeId: '55', times: evenly(20_000, now - 60 * DAY, now) }]);
    log.instead = ({ method, path: asked, indexes }) =>
      method === 'POST' && indexes.length % 2 === 0
        ? other.answer(method, asked, JSON.stringify({ logIndexes: indexes }))
        : undefined;
    const found = await quietHoursIn(log, { mostRequests: 200 });

    expect(found.windows).toEqual([]);
    expect(found.unknown).not.toBeNull();
  });
});

describe('it cannot be known', () => {
  it.each<[string, PlantedShard[], object]>([
    ['of a log without entries', oneShard([]), { code: 'EMPTY' }],
    ['of ten entries of today', oneShard(evenly(10, now - HOUR, now)), { code: 'YOUNG' }],
    [
      'of ten entries over five weeks',
      oneShard(evenly(10, now - 36 * DAY, now)),
      { code: 'FEW_WRITES', weeks: 4 },
    ],
    ['of a log that began last week', oneShard(evenly(5000, now - 9 * DAY, now)), { code: 'YOUNG' }],
    [
      'of a log whose entries are all of one minute',
      oneShard([now - 36 * DAY, ...evenly(3000, now - 12 * DAY, now - 12 * DAY + 60)]),
      { code: 'FEW_WRITES' },
    ],
    [
      'of a log that nobody has used for weeks',
      oneShard(evenly(5000, now - 90 * DAY, now - 40 * DAY)),
      { code: 'FEW_WRITES' },
    ],
    [
      'of a log whose clock is ahead',
      oneShard(evenly(5000, now - 36 * DAY, now + 300 * DAY)),
      { code: 'CLOCK_AHEAD' },
    ],
    [
      'of a log whose times do not grow',
      oneShard(
        evenly(5000, now - 36 * DAY, now).map((time, index) => (index % 3 === 0 ? time - 20 * DAY : time)),
      ),
      { code: 'DISORDER' },
    ],
  ])('%s', async (_, shards, unknown) => {
    const found = await quietHoursIn(plantedLog(shards));

    expect(found.unknown).toMatchObject(unknown);
    expect([found.windows, found.daily]).toEqual([[], null]);
  });

  it('when too few requests are allowed, and says so of the requests', async () => {
    const found = await quietHoursIn(plantedLog(small), { mostRequests: 4 });

    expect(found).toMatchObject({ unknown: { code: 'UNREAD' }, stopped: 'requests', windows: [] });
  });

  it('of hours in which nothing was seen, while so few writes were', async () => {
    // 150 writes in four weeks: each window was seen empty or nearly so, and may have three writes all the same.
    const found = await quietHoursIn(plantedLog(oneShard(evenly(190, now - 36 * DAY, now))));

    expect(found.unknown).toMatchObject({ code: 'UNCERTAIN', quietest: { rate: 0 } });
    expect(found.windows).toEqual([]);
  });
});

it('names no window of a log that is always equally busy, and that is known', async () => {
  const found = await quietHoursIn(plantedLog(oneShard(evenly(50_000, now - 36 * DAY, now))));

  expect(found).toMatchObject({ windows: [], daily: null, unknown: null });
  expect(found.week?.weeks).toBe(4);
});

it('names the same hours of every day where they are quiet', async () => {
  const rate = (time: number): number => ((time / HOUR) % 24 < 4 ? 0.05 : 1);
  const times = plantedTimes(20_000, { from: now - 36 * DAY, to: now, rate, seed: 3 });
  const found = await quietHoursIn(plantedLog(oneShard(times)));

  expect(found.daily && windowText(found.daily)).toBe('mon-sun 02:00-05:00');
});

describe('a log that is asked', () => {
  it.each(['429', '503'])(
    'with %s and Retry-After is left alone for so long by everybody',
    async (status) => {
      const log = plantedLog(small);
      const clock = sleepingClock();
      const askedAt: number[] = [];
      log.instead = () => {
        askedAt.push(clock.now());
        const busy = { status: Number(status), body: {}, headers: { 'retry-after': '7' } };
        return askedAt.length === 20 ? busy : undefined;
      };
      const found = await quietHoursIn(log, { clock });

      expect(found).toMatchObject({ stopped: null, unknown: null });
      expect(askedAt.filter((time) => time > 0 && time < 7000)).toEqual([]);
      expect(askedAt.at(-1)).toBe(7000);
    },
  );

  it('again and again is given up, with what is known by then', async () => {
    const log = plantedLog(small);
    const clock = sleepingClock();
    log.instead = () => (log.asked.length > 120 ? { status: 429, body: {}, headers: {} } : undefined);
    const found = await quietHoursIn(log, { clock });

    expect(found).toMatchObject({ stopped: 'busy', unknown: null });
    expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
    expect(log.asked.length).toBeLessThan(120 + 30);
  });

  it('for a longer time than we wait is not waited for', async () => {
    const log = plantedLog(small);
    const clock = sleepingClock();
    log.instead = () => ({ status: 503, body: {}, headers: { 'retry-after': '3600' } });

    await expect(quietHoursIn(log, { clock })).rejects.toEqual(new MustStop('busy'));
    expect(log.asked).toHaveLength(1);
    expect(clock.slept).toEqual([]);
  });

  it('once more after an answer of 500, and is unreadable after four', async () => {
    const log = plantedLog(small);
    log.instead = () => (log.asked.length % 3 === 0 ? { status: 500, body: {} } : undefined);
    expect((await quietHoursIn(log)).unknown).toBeNull();

    log.instead = () => ({ status: 500, body: {} });
    const before = log.asked.length;
    await expect(quietHoursIn(log)).rejects.toEqual(
      new LogUnreadable('http://log', 'it answers GET /api/v1/log with 500'),
    );
    expect(log.asked.length - before).toBe(4);
  });

  it.each<[string, number, unknown]>([
    ['a page', 200, 'a page'],
    ['a log of Rekor v2', 404, {}],
    ['something else', 200, { treeID: 1 }],
  ])('and is %s is refused', async (_, status, body) => {
    const log = plantedLog(small);
    log.instead = () => ({ status, body });

    await expect(quietHoursIn(log)).rejects.toBeInstanceOf(LogUnreadable);
  });
});

describe('what was read', () => {
  let folder: string;
  const known = (url = 'http://log') => knownEntriesIn(path.join(folder, 'quiet-hours'), url);
  const kept = (): string[] => readdirSync(path.join(folder, 'quiet-hours'));
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'quiet-hours-'));
  });

  it('is kept for each tree, for this user alone, and not asked for again', async () => {
    const log = plantedLog(small);
    const before = await quietHoursIn(log, { known: known() });
    const again = await quietHoursIn(log, { known: known() });

    expect(kept()).toHaveLength(2);
    expect(statSync(path.join(folder, 'quiet-hours', kept()[0] ?? '')).mode & 0o777).toBe(0o600);
    expect(again).toMatchObject({ requests: 1, entriesRead: 0, entriesKept: before.entriesRead });
    expect(again.week).toEqual(before.week);
    expect(again.windows).toEqual(before.windows);
  });

  it('goes on from where the requests were used up', async () => {
    const log = plantedLog(small);
    const atOnce = await quietHoursIn(plantedLog(small));
    await quietHoursIn(log, { known: known(), mostRequests: 40 });
    const again = await quietHoursIn(log, { known: known() });

    expect(again.stopped).toBeNull();
    expect(again.requests).toBeLessThan(atOnce.requests);
  });

  it('is kept when the reading is interrupted', async () => {
    const log = plantedLog(small);
    const interrupted = new AbortController();
    log.instead = () => {
      if (log.asked.length === 60) interrupted.abort(new Error('Ctrl-C'));
      return undefined;
    };

    await expect(quietHoursIn(log, { known: known(), signal: interrupted.signal })).rejects.toThrow('Ctrl-C');
    expect(kept()).toHaveLength(2);
  });

  it('is read anew where it cannot be read, and of another tree or address it is not used', async () => {
    const log = plantedLog(small);
    await quietHoursIn(log, { known: known() });
    const [one = '', other = ''] = kept().map((name) => path.join(folder, 'quiet-hours', name));
    writeFileSync(one, readFileSync(other, 'utf8'));
    writeFileSync(other, '{"times": [[1,');
    const again = await quietHoursIn(log, { known: known() });
    const elsewhere = await quietHoursIn(plantedLog(small), { known: known('http://elsewhere') });

    expect([again.entriesKept, elsewhere.entriesKept]).toEqual([0, 0]);
    expect(again.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
  });

  it('need not be kept: the finding comes with the reason', async () => {
    writeFileSync(path.join(folder, 'quiet-hours'), 'a file');
    const found = await quietHoursIn(plantedLog(small), { known: known() });

    expect(found.notKept).toMatchObject({ code: 'EEXIST' });
    expect(found.unknown).toBeNull();
  });
});

function cutInto(times: readonly number[], parts: number): PlantedShard[] {
  const size = Math.ceil(times.length / parts);
  return Array.from({ length: parts }, (_, part) => ({
    treeId: String(100 + part),
    times: times.slice(part * size, (part + 1) * size),
  }));
}

function everyOther(times: readonly number[]): PlantedShard[] {
  return [0, 1].map((part) => ({
    treeId: String(200 + part),
    times: times.filter((_, index) => index % 2 === part),
  }));
}
