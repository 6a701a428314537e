import type { WriteStall } from '../../workflows/model/evidence';
import { stepRemark, type StepRecord } from '../../workflows/model/steps';
import { notToldText, writesOver } from '../../workflows/model/writes-over';

const short: WriteStall = {
  ...{ stallMs: null, longestWaitMs: 900, held: 3, refused: 1, turnedAway: 1, resent: 0, dropped: 2 },
};
const long: WriteStall = {
  ...{ stallMs: 2_600, longestWaitMs: 2_400, held: 40, refused: 0, resent: 1, dropped: 0 },
};

function undoOfHold(attempt: number, writes?: WriteStall): StepRecord {
  return { name: 'hold', ms: 12, kind: 'undone', attempt, ...(writes && { writes }) };
}

describe('how writes fared over several attempts', () => {
  it('is the longest of each time, and the sum of each count', () => {
    expect(writesOver([undoOfHold(1, short)], long)).toEqual({
      ...{ stallMs: 2_600, longestWaitMs: 2_400, held: 43, refused: 1, turnedAway: 1, resent: 1, dropped: 2 },
    });
  });

  it('is told of by a version that did not know of a bound, too', () => {
    expect(writesOver([undoOfHold(1, short)], { ...long, refused: 2 })).toMatchObject({
      refused: 3,
      turnedAway: 1,
    });
    const { stallMs, longestWaitMs, held, refused, resent, dropped } = short;
    const earlier = { stallMs, longestWaitMs, held, refused, resent, dropped };
    expect(writesOver([undoOfHold(1, earlier)], earlier)).toMatchObject({ refused: 2, turnedAway: 0 });
  });

  it('is that of the only one that was told, and of none nothing', () => {
    expect(writesOver([], long)).toEqual(long);
    expect(writesOver([undoOfHold(1), undoOfHold(2, short)])).toEqual(short);
    expect(writesOver([undoOfHold(1)])).toBeUndefined();
  });

  it('says of which attempts nothing was told', () => {
    expect(notToldText([undoOfHold(1, long)])).toBe('');
    expect(notToldText([undoOfHold(1), undoOfHold(2, long)])).toBe('; of attempt 1 the gate told nothing');
    const left: StepRecord = { name: 'hold', ms: 0, kind: 'skipped', attempt: 3 };
    expect(notToldText([undoOfHold(1), undoOfHold(2, long), left])).toBe(
      '; of attempts 1, 3 the gate told nothing',
    );
  });

  it('stands beside the undo of each hold', () => {
    const done: StepRecord = { name: 'hold', ms: 5, kind: 'done', attempt: 1 };
    const steps = [done, undoOfHold(1, long), undoOfHold(2, { ...short, held: 0, refused: 7 })];
    expect(steps.map((step) => stepRemark(step, steps))).toEqual([
      '',
      '40 writes waited, 2400 ms at most, 0 refused',
      'hold was not seen to end; 0 writes waited, 7 refused, 1 of them at once for want of room',
    ]);
  });
});
