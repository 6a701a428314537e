import { forecastOf, forecastText } from '../../workflows/model/rehearsal';

const closing = {
  writes: { perSecond: 20, callMs: 140 },
  ...{ trafficMs: 2, startMs: 90, drainMs: 30, closedMs: 95, endedAtMs: 0 },
};
const opening = { handOverMs: 40, proveMs: 20, openMs: 13 };
const ground = { passMs: 110, criticalSectionMs: 2_500, holds: true };

describe('a forecast', () => {
  it('adds up what was measured, and the calls of clients that are waited for', () => {
    const forecast = forecastOf(closing, opening, ground);
    expect(forecast.parts.map(({ ms, by }) => [ms, by])).toEqual([
      [2, 'measured'],
      // In 94 of 100 cases one of 20 a second is under way.
      [131, 'computed'],
      [95, 'measured'],
      [40, 'measured'],
      [20, 'measured'],
      [13, 'measured'],
      [110, 'computed'],
      [2, 'measured'],
    ]);
    // The first write comes 50 ms after the hold, and one is acknowledged a call after the exposure.
    expect(forecast).toMatchObject({ sectionMs: 413, longestWaitMs: 363, stallMs: 503, heldWrites: 8 });
    expect(forecast.fits).toBe(true);
  });

  it('calls the longer of the start and the drain by its name', () => {
    const named = (startMs: number, drainMs: number) =>
      forecastOf({ ...closing, startMs, drainMs }, opening, ground).parts[2]?.what;
    expect(named(90, 30)).toBe('the start of the next release');
    expect(named(30, 90)).toBe('the drain of the tree');
  });

  it('knows a log that nobody writes to: nobody is in flight, and a signer still has its pass', () => {
    const quiet = { ...closing, writes: { perSecond: 0, callMs: null } };
    const forecast = forecastOf(quiet, opening, ground);
    expect(forecast.parts[1]).toMatchObject({ ms: 0 });
    expect(forecast.parts[6]).toMatchObject({ ms: 110 });
    // The first write that comes takes a pass, and what Rekor does beside it.
    expect(forecast).toMatchObject({ heldWrites: 0, sectionMs: 282, longestWaitMs: 282, stallMs: 442 });
  });

  it('takes a usual call where neither calls nor passes were seen', () => {
    const unknown = { ...closing, writes: { perSecond: 0, callMs: null } };
    expect(forecastOf(unknown, opening, { ...ground, passMs: null }).parts[6]).toMatchObject({ ms: 150 });
  });

  it('expects the first write within the section, however rarely one comes', () => {
    const rare = { ...closing, writes: { ...closing.writes, perSecond: 0.1 } };
    expect(forecastOf(rare, opening, ground)).toMatchObject({ longestWaitMs: 0, heldWrites: 0 });
  });

  it.each([
    ['leaves a quarter of the time', { ...ground, criticalSectionMs: 551 }, true],
    ['leaves less', { ...ground, criticalSectionMs: 550 }, false],
    ['has nothing that holds writes', { ...ground, holds: false }, false],
  ])('says whether no write has to fail when it %s', (_, given, fits) => {
    const forecast = forecastOf(closing, opening, given);
    expect(forecast.fits).toBe(fits);
    expect(forecastText(forecast)).toContain(fits ? 'probably cost no client' : 'might cost clients');
  });
});
