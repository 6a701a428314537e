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
const now = Date.parse('2026-01-31T03:00:00Z');
const order = {
  choice: 'retry',
  step: held.step,
  until: '2026-01-31T03:10:00Z',
  who: 'ada',
  why: 'mended',
};

describe('a decision about what is held', () => {
  it.each(['retry', 'giveUp'])('may be %s', (choice) => {
    expect(resumeProblems({ ...order, choice }, held, now)).toEqual([]);
  });

  it.each<[unknown, Held | null, string]>([
    [order, null, 'Nothing is held'],
    [undefined, held, 'one JSON object'],
    [[order], held, 'one JSON object'],
    [{ ...order, choice: 'skip' }, held, 'choice is "skip"; it must be one of retry, giveUp for undo verify'],
    [{ ...order, choice: undefined }, held, 'choice is absent'],
    [{ ...order, who: '' }, held, 'who is ""'],
    [{ ...order, who: 7 }, held, 'who is 7'],
    [{ ...order, why: undefined }, held, 'why is absent'],
    [{ ...order, step: 'settle' }, held, 'step is "settle"; it must be what is held, undo verify'],
    [{ ...order, until: undefined }, held, 'until is absent; it must be a time in UTC'],
    [{ ...order, until: '2026-01-31T03:00:00Z' }, held, 'later than now'],
    [{ ...order, until: '2026-02-02T03:00:00Z' }, held, 'at most 24 hours ahead'],
  ])('is refused when it is %j', (given, what, words) => {
    expect(resumeProblems(given, what, now)).toEqual([expect.stringContaining(words)]);
  });

  it('is refused while another one waits for the try that runs: each that is taken is followed', () => {
    const before = {
      instruction: 'resume',
      choice: 'giveUp',
      who: 'ada',
      why: 'mended',
      step: held.step,
      at: '2026-01-31T03:00:09.000Z',
    } as const;
    expect(resumeProblems(order, held, now, before)).toEqual([
      expect.stringMatching(/^ada has said giveUp already/),
    ]);
  });

  it('is told everything that is wrong at once', () => {
    expect(resumeProblems({}, held, now)).toHaveLength(5);
  });
});
