import { leftoversOf, type LeftoverFacts } from '../../workflows/model/leftovers';
import { exposed, nextTree, nothingLeft, notExposed } from './left-over';

describe('what an interrupted rotation left behind', () => {
  it.each<[string, LeftoverFacts]>([
    ['in good order', nothingLeft],
    [
      'whose serving tree a person froze: no rotation keeps anything',
      { ...nothingLeft, current: { treeId: '200', state: 'FROZEN' } },
    ],
  ])('is nothing in a log %s', (_what, facts) => {
    expect(leftoversOf(facts)).toEqual([]);
  });

  it.each<[string, LeftoverFacts, string[]]>([
    [
      'a next tree that is not closed',
      { ...nothingLeft, marked: [{ ...nextTree, state: 'DRAINING' }] },
      ['tree 300 of rotation r/1 is DRAINING, not FROZEN'],
    ],
    [
      'kept files, and a current tree that it has closed',
      {
        ...notExposed,
        traffic: { mode: 'pass' },
        marked: [nextTree],
        current: { treeId: '200', state: 'FROZEN' },
      },
      [
        'slot green keeps what rotation r/1 replaced, as if that had not ended',
        'tree 200, which serves, is FROZEN',
      ],
    ],
    [
      'kept files beside a next tree that serves',
      exposed,
      ['slot green keeps what rotation r/1 replaced, as if that had not ended'],
    ],
    ['a hold', { ...nothingLeft, traffic: { mode: 'hold' } }, ['the gate holds writes']],
    [
      'a hold whose lease has ended',
      { ...nothingLeft, traffic: { mode: 'healing' } },
      ["the lease of the gate's last hold has ended and no order came after it"],
    ],
  ])('is named: %s', (_what, facts, leftovers) => {
    expect(leftoversOf(facts)).toEqual(leftovers);
  });
});
