import { forecastOf, forecastText } from '../../workflows/model/rehearsal';

const section = {
  writes: { perSecond: 20, callMs: 140 },
  ...{ trafficMs: 2, startMs: 90, drainMs: 30, closedMs: 95, proveMs: 20, openMs: 13 },
};
const ground = { passMs: 110, criticalSectionMs: 2_500, holds: true, drainAwaitsPasses: false };

describe('a forecast', () => {
  it('adds up what was measured, and the passes of the signers that are waited for', () => {
    const forecast = forecastOf(section, ground);
    expect(forecast.parts.map(({ ms, by }) => [ms, by])).toEqual([
      [2, 'measured'],
      // In 94 of 100 cases one of 20 a second is under way; for 20 ms of its pass the next release is waited for anyway.
      [83, 'computed'],
      [95, 'measured'],
      [20, 'measured'],
      [13, 'measured'],
      [110, 'computed'],
      [2, 'measured'],
    ]);
    // The first write comes 50 ms after the hold, and one is acknowledged a call after the exposure.
    expect(forecast).toMatchObject({ sectionMs: 325, longestWaitMs: 275, stallMs: 415, heldWrites: 7 });
    expect(forecast.fits).toBe(true);
  });

  it('has a range: signers that have just passed or pass at once, entries on their way or none, a first write at once or not', () => {
    const { parts, range } = forecastOf(section, ground);
    expect(parts.flatMap(({ what, between }) => (between ? [[what, between]] : []))).toEqual([
      ['the entries on their way', { least: 0, most: 90 }],
      // The most is another start, and what is waited for then.
      ['what the next release serves', { least: 20, most: 130 }],
      ['the handover leaf', { least: 0, most: 110 }],
    ]);
    // 132 ms were measured.
    expect(range).toEqual({
      sectionMs: { least: 132, most: 442 },
      longestWaitMs: { least: 82, most: 442 },
      stallMs: { least: 222, most: 582 },
      heldWrites: { least: 3, most: 9 },
    });
  });

  it('has a range for the drain that waits for passes, and none shorter than the start beside it', () => {
    const drained = { ...section, startMs: 90, drainMs: 300, closedMs: 300 };
    const drain = (passMs: number): unknown =>
      forecastOf(drained, { ...ground, passMs, drainAwaitsPasses: true }).parts[2]?.between;
    expect(drain(110)).toEqual({ least: 190, most: 410 });
    expect(drain(250)).toEqual({ least: 90, most: 550 });
  });

  it.each([
    [{ perSecond: 20, callMs: 140 }, 'slow', 2_000],
    [{ perSecond: 0.1, callMs: 140 }, 'rare', 110],
    [{ perSecond: 0, callMs: null }, 'none', 110],
  ])('has what is likely within its range: %j', (writes, _, passMs) => {
    const { range, ...forecast } = forecastOf({ ...section, writes }, { ...ground, passMs });
    for (const figure of ['stallMs', 'longestWaitMs', 'heldWrites', 'sectionMs'] as const) {
      expect([figure, range?.[figure].least]).toEqual([figure, expect.any(Number)]);
      expect(forecast[figure]).toBeGreaterThanOrEqual(range?.[figure].least ?? NaN);
      expect(forecast[figure]).toBeLessThanOrEqual(range?.[figure].most ?? NaN);
    }
  });

  it('says its range, how that was found, and nothing of one where an earlier version has made it', () => {
    const { range, ...earlier } = forecastOf(section, ground);
    const text = forecastText({ ...earlier, ...(range && { range }) });
    expect(text).toContain('no new entry for some 415 ms (222 to 582)');
    expect(text).toContain('the longest wait of a write would be some 275 ms (82 to 442)');
    expect(text).toContain('some 7 (3 to 9) would wait');
    expect(text).toContain('what was measured was measured once, and counts as it was');
    expect(forecastText(earlier)).not.toMatch(/\(\d| brackets/);
  });

  it('calls the longer of the start and the drain by its name', () => {
    const named = (startMs: number, drainMs: number) =>
      forecastOf({ ...section, startMs, drainMs }, ground).parts[2]?.what;
    expect(named(90, 30)).toBe('the start of the next release');
    expect(named(30, 90)).toBe('the drain of the tree');
  });

  it('knows a log that nobody writes to: nobody is in flight, and a signer still has its pass', () => {
    const quiet = { ...section, writes: { perSecond: 0, callMs: null } };
    const forecast = forecastOf(quiet, ground);
    expect(forecast.parts[1]).toMatchObject({ ms: 0 });
    expect(forecast.parts[5]).toMatchObject({ ms: 110 });
    // The first write that comes takes a pass, and what Rekor does beside it.
    expect(forecast).toMatchObject({ heldWrites: 0, sectionMs: 242, longestWaitMs: 242, stallMs: 402 });
  });

  it('takes a usual call where neither calls nor passes were seen', () => {
    const unknown = { ...section, writes: { perSecond: 0, callMs: null } };
    expect(forecastOf(unknown, { ...ground, passMs: null }).parts[5]).toMatchObject({ ms: 150 });
  });

  it('expects the first write within the section, however rarely one comes', () => {
    const rare = { ...section, writes: { ...section.writes, perSecond: 0.1 } };
    expect(forecastOf(rare, ground)).toMatchObject({ longestWaitMs: 0, heldWrites: 0 });
  });

  it.each([
    ['leaves a quarter of the time', { ...ground, criticalSectionMs: 434 }, true],
    ['leaves less', { ...ground, criticalSectionMs: 433 }, false],
    ['has nothing that holds writes', { ...ground, holds: false }, false],
  ])('says whether no write has to fail when it %s', (_, given, fits) => {
    const forecast = forecastOf(section, given);
    expect(forecast.fits).toBe(fits);
    expect(forecastText(forecast)).toContain(fits ? 'probably cost no client' : 'might cost clients');
  });
});
