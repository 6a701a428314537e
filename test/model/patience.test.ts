import { rotation, steps } from '../../workflows/rotation';
import type { StubbornStep } from '../../workflows/model/steps';
import { firstRound, mayBeClosed, nextRound, type Patience } from '../../workflows/model/patience';

/** The rounds of something that never succeeds, until so much time is over; each try fails at once. */
function roundsOf(step: StubbornStep, forMs: number, closed = false): readonly Patience[] {
  const rounds: Patience[] = [];
  let patience = firstRound({ step, closed });
  for (let passedMs = 0; passedMs < forMs;) {
    rounds.push(patience);
    const { tries, pauseMs, longestPauseMs } = patience;
    const growing = Math.min(tries, Math.ceil(Math.log2(longestPauseMs / pauseMs)));
    passedMs += pauseMs * (2 ** growing - 1) + (tries - growing) * longestPauseMs;
    patience = nextRound(patience, rounds.length >= 3);
  }
  return rounds;
}

const DAY_MS = 86_400_000;

/** Of Temporal: limit.historyCount.error of a server with default settings. */
const MOST_EVENTS = 51_200;
/** An activity and its workflow task, and what a person is told; test/workflows/patience.test.ts counts them. */
const EVENTS_OF_A_ROUND = 12;
/** A rotation, when nothing goes wrong (DESIGN has 400 at most), and the three tries before a person is told. */
const BEFORE = 500;

const undos = steps.flatMap(({ name, undo }) =>
  name !== 'expose' && undo !== 'only forward' ? [`undo ${name}` as const] : [],
);
const stubborn: readonly StubbornStep[] = [
  ...undos,
  'look back',
  'supersede',
  'forward',
  ...rotation.afterExposure.map(({ name }) => name),
];

describe('what is held', () => {
  it.each(stubborn)('may be so for ten years in %s before Temporal ends its history', (step) => {
    const rounds = roundsOf(step, 3_650 * DAY_MS);
    expect(BEFORE + rounds.length * EVENTS_OF_A_ROUND).toBeLessThan(MOST_EVENTS);
  });

  it.each(stubborn)('tells a person at least each day why it still fails: %s', (step) => {
    const [last] = roundsOf(step, 40 * DAY_MS).slice(-1);
    const untilTold = (last?.tries ?? 0) * (last?.longestPauseMs ?? 0);
    expect(untilTold).toBeLessThanOrEqual(DAY_MS);
    expect(roundsOf(step, 40 * DAY_MS).length).toBeGreaterThanOrEqual(40);
  });

  it.each(stubborn)(
    'rests for seconds in %s while the log may be closed, and for an hour at most otherwise',
    (step) => {
      const closed = mayBeClosed({ step });
      const pauses = roundsOf(step, DAY_MS).map(({ pauseMs }) => pauseMs);
      expect(Math.max(...pauses)).toBe(closed ? 5_000 : 3_600_000);
      expect(pauses.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    },
  );

  it('takes no step for one with the log open but those that have given writes back, or are behind the exposure', () => {
    expect(stubborn.filter((step) => !mayBeClosed({ step }))).toEqual([
      ...['undo createTree', 'undo stage', 'undo start'],
      ...['confirm', 'settle', 'soak'],
    ]);
    // Before a third tree serves, and in a recovery that has not given writes back yet, the log is closed in these, too.
    expect(stubborn.filter((step) => !mayBeClosed({ step, closed: true }))).toEqual([
      'confirm',
      'settle',
      'soak',
    ]);
  });
});
