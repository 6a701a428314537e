import { keptConnections } from '../../activities/clients/kept-connections';
import { windowText } from '../../quiet-hours/model/schedule-line';
import { quietHoursOf } from '../../quiet-hours/quiet-hours';
import { RekorLog } from '../../quiet-hours/rekor-log';
import { LogRequests } from '../../activities/clients/log-requests';
import { forever, quietHoursIn, requestsTo } from './asking';
import { plainSearch } from './plain-search';
import { plantedLog, serve } from './planted-log';
import { hoursOf, now, plantedShards, timeZone, weekHourOf } from './planted-week';

const shards = plantedShards();
const weeks = 4;

it('is a log of 200,000 entries over two shards', () => {
  expect(shards.map(({ times }) => times.length).reduce((sum, size) => sum + size)).toBe(200_000);
  expect(shards.every(({ times }) => times.length > 20_000)).toBe(true);
});

it('finds the planted window, in a twentieth of the requests that a plain search for every hour takes', async () => {
  const log = plantedLog(shards);
  const found = await quietHoursIn(log);
  const plain = requestsTo(plantedLog(shards), { mostRequests: Infinity });
  const ranks = await plainSearch(plain, hoursOf(weeks));

  const times = shards.flatMap(({ times: all }) => all);
  expect(ranks).toEqual(hoursOf(weeks).map((hour) => times.filter((time) => time < hour).length));
  expect(found.unknown).toBeNull();
  expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
  expect(log.asked).toHaveLength(found.requests);
  expect(found.requests).toBeLessThanOrEqual(1500);
  expect(found.requests).toBeLessThanOrEqual(plain.sent / 20);
  console.log(
    `quiet hours: ${found.requests} requests; a plain search: ${plain.sent}, ${(plain.sent / found.requests).toFixed(0)} times as many`,
  );
});

it('prints how much faster that is, where an answer takes as long as of a Rekor 1.5.4 on the same machine', async () => {
  // Medians of 60: 4.2 ms for one entry, 19.2 ms for ten, which Rekor looks up one after the other.
  const server = await serve(plantedLog(shards), 2.5, 1.7);
  const { transport, close } = keptConnections(server.url, 4);
  const requests = () =>
    new LogRequests(server.url, transport, { mostRequests: Infinity, pauseMs: 0, userAgent: 'test' });
  const took = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const ours = requests();
  const tookMs = await took(() =>
    quietHoursOf({
      log: new RekorLog(ours),
      requests: ours,
      timeZone,
      weeks,
      hours: 3,
      now,
      signal: forever,
    }),
  );
  // One hour in twenty: all of them would take minutes.
  const some = hoursOf(weeks).filter((_, position) => position % 20 === 0);
  const someTookMs = await took(() => plainSearch(requests(), some));
  await close();
  await server.close();

  const plainTookMs = (someTookMs * hoursOf(weeks).length) / some.length;
  console.log(
    `quiet hours: ${tookMs.toFixed(0)} ms; a plain search: ${plainTookMs.toFixed(0)} ms, ${(plainTookMs / tookMs).toFixed(0)} times as long`,
  );
  expect(ours.sent).toBeLessThanOrEqual(1500);
});

it('finds it with a quarter of the requests, and marks what it then cannot know', async () => {
  const found = await quietHoursIn(plantedLog(shards), { mostRequests: 80 });

  expect(found).toMatchObject({ requests: 80, stopped: 'requests', unknown: null });
  expect(found.windows.map(windowText)[0]).toBe('wed 02:00-05:00');
  expect(found.week?.hours.filter(({ uncertain }) => uncertain).length).toBeGreaterThan(24);
});

it('gives the rate of every hour of the week to a tenth of the mean, within bounds that hold', async () => {
  const found = await quietHoursIn(plantedLog(shards));
  const [from, to] = [found.from ?? 0, found.to ?? 0];
  const counted = new Map<number, number>();
  for (const time of shards.flatMap(({ times }) => times)) {
    const hour = weekHourOf(time);
    if (time >= from && time < to) counted.set(hour, (counted.get(hour) ?? 0) + 1);
  }
  const { hours = [], meanRate = 0 } = found.week ?? {};

  expect(hours).toHaveLength(168);
  for (const [weekHour, { rate, rateAtLeast, rateAtMost, uncertain }] of hours.entries()) {
    // In these weeks the hour from two on a Sunday has five hours, by the clocks.
    const truth = (counted.get(weekHour) ?? 0) / (weekHour === 6 * 24 + 2 ? 5 : weeks);
    expect([rateAtLeast <= truth, truth <= rateAtMost, uncertain]).toEqual([true, true, false]);
    expect(Math.abs(rate - truth)).toBeLessThan(meanRate / 10);
  }
});
