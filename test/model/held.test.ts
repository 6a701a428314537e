import { resumeProblems, type Held } from '../../workflows/model/held';
import { refusal } from '../../workflows/model/refusals';

const held: Held = {
  step: 'undo verify',
  reason: refusal('INTERNAL', { step: 'undo verify', reason: 'it failed' }),
  longestPauseMs: 5_000,
  since: '2026-01-31T03:00:00.000Z',
  tries: 3,
  state: [],
  commands: [],
  choices: ['retry', 'giveUp'],
};
const order = { choice: 'retry', who: 'ada', why: 'mended' };

describe('a decision about what is held', () => {
  it.each(['retry', 'giveUp'])('may be %s', (choice) => {
    expect(resumeProblems({ ...order, choice }, held)).toEqual([]);
  });

  it.each<[unknown, Held | null, string]>([
    [order, null, 'Nothing is held'],
    [undefined, held, 'one JSON object'],
    [[order], held, 'one JSON object'],
    [{ ...order, choice: 'skip' }, held, 'choice is "skip"; allowed for undo verify is retry, giveUp'],
    [{ ...order, choice: undefined }, held, 'choice is absent'],
    [{ ...order, who: '' }, held, 'who is ""'],
    [{ ...order, who: 7 }, held, 'who is 7'],
    [{ choice: 'retry', who: 'ada' }, held, 'why is absent'],
  ])('is refused when it is %j', (given, what, words) => {
    expect(resumeProblems(given, what)).toEqual([expect.stringContaining(words)]);
  });

  it('is refused while another one waits for the try that runs: each that is taken is followed', () => {
    const before = { ...order, choice: 'giveUp' as const, step: held.step, at: '2026-01-31T03:00:09.000Z' };
    expect(resumeProblems(order, held, before)).toEqual([
      expect.stringMatching(/^ada has said giveUp already/),
    ]);
  });

  it('is told everything that is wrong at once', () => {
    expect(resumeProblems({}, held)).toHaveLength(3);
  });
});
