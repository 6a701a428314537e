import { forecastOf, forecastText } from '../../workflows/model/rehearsal';

const closing = {
  writes: { perSecond: 20, callMs: 140 },
  ...{ trafficMs: 2, startMs: 90, drainMs: 30, closedMs: 95, endedAtMs: 0 },
};
const opening = { handOverMs: 40, proveMs: 20, openMs: 13 };
const ground = { passMs: 110, criticalSectionMs: 2_500, holds: true, drainAwaitsPasses: false };

describe('a forecast', () => {
  it('adds up what was measured, and the passes of the signers that are waited for', () => {
    const forecast = forecastOf(closing, opening, ground);
    expect(forecast.parts.map(({ ms, by }) => [ms, by])).toEqual([
      [2, 'measured'],
      // In 94 of 100 cases one of 20 a second is under way.
      [103, 'computed'],
      [95, 'measured'],
      [40, 'measured'],
      [20, 'measured'],
      [13, 'measured'],
      [110, 'computed'],
      [2, 'measured'],
    ]);
    // The first write comes 50 ms after the hold, and one is acknowledged a call after the exposure.
    expect(forecast).toMatchObject({ sectionMs: 385, longestWaitMs: 335, stallMs: 475, heldWrites: 8 });
    expect(forecast.fits).toBe(true);
  });

  it('has a range: signers that have just passed or pass at once, entries on their way or none, a first write at once or not', () => {
    const { parts, range } = forecastOf(closing, opening, ground);
    expect(parts.flatMap(({ what, between }) => (between ? [[what, between]] : []))).toEqual([
      ['the entries on their way', { least: 0, most: 110 }],
      ['the handover leaf', { least: 0, most: 110 }],
    ]);
    // 172 ms were measured.
    expect(range).toEqual({
      sectionMs: { least: 172, most: 392 },
      longestWaitMs: { least: 122, most: 392 },
      stallMs: { least: 262, most: 532 },
      heldWrites: { least: 3, most: 8 },
    });
  });

  it('has a range for the drain that waits for passes, and none shorter than the start beside it', () => {
    const drained = { ...closing, startMs: 90, drainMs: 300, closedMs: 300 };
    const drain = (passMs: number): unknown =>
      forecastOf(drained, opening, { ...ground, passMs, drainAwaitsPasses: true }).parts[2]?.between;
    expect(drain(110)).toEqual({ least: 190, most: 410 });
    expect(drain(250)).toEqual({ least: 90, most: 550 });
  });

  it.each([
    [{ perSecond: 20, callMs: 140 }, 'slow', 2_000],
    [{ perSecond: 0.1, callMs: 140 }, 'rare', 110],
    [{ perSecond: 0, callMs: null }, 'none', 110],
  ])('has what is likely within its range: %j', (writes, _, passMs) => {
    const { range, ...forecast } = forecastOf({ ...closing, writes }, opening, { ...ground, passMs });
    for (const figure of ['stallMs', 'longestWaitMs', 'heldWrites', 'sectionMs'] as const) {
      expect([figure, range?.[figure].least]).toEqual([figure, expect.any(Number)]);
      expect(forecast[figure]).toBeGreaterThanOrEqual(range?.[figure].least ?? NaN);
      expect(forecast[figure]).toBeLessThanOrEqual(range?.[figure].most ?? NaN);
    }
  });

  it('says its range, how that was found, and nothing of one where an earlier version has made it', () => {
    const { range, ...earlier } = forecastOf(closing, opening, ground);
    const text = forecastText({ ...earlier, ...(range && { range }) });
    expect(text).toContain('no new entry for some 475 ms (262 to 532)');
    expect(text).toContain('the longest wait of a write would be some 335 ms (122 to 392)');
    expect(text).toContain('some 8 (3 to 8) would wait');
    expect(text).toContain('what was measured was measured once, and counts as it was');
    expect(forecastText(earlier)).not.toMatch(/\(\d| brackets/);
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
    ['leaves a quarter of the time', { ...ground, criticalSectionMs: 514 }, true],
    ['leaves less', { ...ground, criticalSectionMs: 513 }, false],
    ['has nothing that holds writes', { ...ground, holds: false }, false],
  ])('says whether no write has to fail when it %s', (_, given, fits) => {
    const forecast = forecastOf(closing, opening, given);
    expect(forecast.fits).toBe(fits);
    expect(forecastText(forecast)).toContain(fits ? 'probably cost no client' : 'might cost clients');
  });
});
