import { differingLines } from '../../../activities/installation/differing-lines';

it('only the lines that differ are told', () => {
  expect(differingLines(['a', 'b'], ['a', 'b', 'c'])).toEqual({ removed: [], added: ['c'] });
  expect(differingLines(['a', 'x', 'b'], ['a', 'b'])).toEqual({ removed: ['x'], added: [] });
  expect(differingLines(['a', 'a'], ['a'])).toEqual({ removed: ['a'], added: [] });
  expect(differingLines([], ['a'])).toEqual({ removed: [], added: ['a'] });
});
