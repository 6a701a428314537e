import { decide, type Decision, type SectionFacts } from '../../workflows/model/decision';

const standing: SectionFacts = {
  content: 'public entries',
  forwardFailed: false,
  currentGrew: false,
  ifNextFails: 'supersede',
};

describe('what becomes of an attempt whose next tree may have been opened (H6)', () => {
  it.each<[string, Partial<SectionFacts>, Decision]>([
    ['it holds nothing', { content: 'nothing' }, 'rollBack'],
    ['it holds its handover leaf', { content: 'handover' }, 'rollBack'],
    [
      'it holds nothing, and going forward has failed',
      { content: 'nothing', forwardFailed: true },
      'rollBack',
    ],
    ['its handover leaf is not true any more', { content: 'handover', currentGrew: true }, 'rollBack'],
    ['it holds an entry of a client', {}, 'forward'],
    ['clients are sent there', { content: 'serving' }, 'forward'],
    ['it cannot serve, and a third tree may', { forwardFailed: true }, 'supersede'],
    ['it cannot serve, and a third tree is not wanted', { forwardFailed: true, ifNextFails: 'hold' }, 'hold'],
    ['it holds entries, and the current tree grew (H1)', { currentGrew: true }, 'hold'],
    ['the same, whatever was tried', { currentGrew: true, forwardFailed: true }, 'hold'],
  ])('when %s', (_what, change, decision) => {
    expect(decide({ ...standing, ...change })).toBe(decision);
  });
});
