import { hostPatience } from '../../activities/installation/host/host';
import { asInstalled, bounds } from '../../workflows/bounds';
import type { AttemptInput } from '../../workflows/model/actions';
import * as times from '../../workflows/model/deadlines';

/** What holds between times that depend on each other; each would break in silence when only one of them is changed. */
it.each<[string, number, number]>([
  [
    'a worker shows several times that it lives before it is taken for dead',
    4 * times.SIGN_OF_LIFE_EVERY_MS,
    times.FIRST_SIGN_OF_LIFE_MS,
  ],
  ['what nobody waits for is given up later', times.FIRST_SIGN_OF_LIFE_MS, times.PREPARING_SIGN_OF_LIFE_MS],
  ['and what runs for long, last', times.PREPARING_SIGN_OF_LIFE_MS, times.LONG_SIGN_OF_LIFE_MS],
  [
    'a workflow waits for a late call at least as long as its activity does',
    times.CALL_LANDS_MS,
    times.LANDED_MS,
  ],
  [
    'the lease of a hold lasts until its undo can have been ordered',
    times.REPORT_MS + times.LANDED_MS,
    times.LEASE_MARGIN_MS,
  ],
  [
    'the lease of an undone freeze lasts until the undo of the hold can have been ordered',
    times.REPORT_MS + times.LANDED_MS + times.FIRST_SIGN_OF_LIFE_MS,
    times.UNDO_LEASE_MS,
  ],
  ['a drain fits in the closing of the next tree', times.LONGEST_DRAIN_MS + times.REPORT_MS, times.CLOSE_MS],
  [
    'going forward has time to wait for a closing that may still land, and for a drain',
    times.CLOSE_MS + times.LONGEST_DRAIN_MS + times.REPORT_MS,
    bounds.goForward.tryMs,
  ],
  [
    'a rehearsal fits in the staging of a release',
    hostPatience.rehearsalMs + times.REPORT_MS,
    hostPatience.stageMs,
  ],
])('%s', (_, shorter, longer) => {
  expect(shorter).toBeLessThanOrEqual(longer);
});

it('gives no action that is tried again a time that is shorter than its sign of life', () => {
  const tooShort = Object.values(bounds).filter(({ tryMs, signOfLifeMs }) => {
    const longest = typeof tryMs === 'string' && tryMs !== 'section' ? hostPatience[tryMs] : tryMs;
    return longest !== 'section' && longest < signOfLifeMs;
  });
  expect(tooShort).toEqual([]);
});

it('gives an installation the time that it says it takes', () => {
  const input = {
    release: { patience: { ...hostPatience, stageMs: 600_000, stopMs: 90_000 } },
  } as AttemptInput;
  expect(asInstalled(bounds.stage, input)).toEqual({ ...bounds.stage, tryMs: 600_000 });
  expect(asInstalled(bounds.stop, input).tryMs).toBe(90_000);
  expect(asInstalled(bounds.discard, input).tryMs).toBe(hostPatience.discardMs);
});

it.each([
  [500, 1_500],
  [2_500, 3_500],
  [10_000, 14_000],
])(
  'holds writes for a section of %d ms for %d ms, which leaves its undo time to say what follows',
  (sectionMs, expectedMs) => {
    expect(times.holdLeaseMs(sectionMs)).toBe(expectedMs);
  },
);

it.each([
  [500, 1_000],
  [2_500, 1_500],
  [10_000, 6_000],
])(
  'takes the worker of a section of %d ms for dead after %d ms, before that is over where it is not short',
  (sectionMs, expectedMs) => {
    expect(times.sectionSignOfLifeMs(sectionMs)).toBe(expectedMs);
  },
);
