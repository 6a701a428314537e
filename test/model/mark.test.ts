import { markOf, readMark, treesWithUnusableMark } from '../../workflows/model/mark';
import { LARGEST_NUMBER } from '../../workflows/model/fencing';
import { logTree } from './log-tree';

const identity = { log: 'production', rotationId: '20260131T030000Z-1f3a9c', attempt: 2, number: 41 };

const treeWith = (description: string) => logTree('1', 'FROZEN', description);

describe('the mark of a next tree', () => {
  it('says whose tree it is, and is read back', () => {
    expect(readMark(treeWith(markOf(identity)))).toEqual(identity);
  });

  it('fits into what Trillian stores, for the longest names', () => {
    const longest = { ...identity, log: 'l'.repeat(63), attempt: 999, number: LARGEST_NUMBER };
    expect(markOf(longest).length).toBeLessThanOrEqual(200);
  });

  it.each([String(LARGEST_NUMBER + 1), '1000000000000000', '9007199254740993', '9'.repeat(60)])(
    'is ignored when its number is %s, which no rotation gave, and its tree is named',
    (number) => {
      const tree = treeWith(markOf(identity).replace('number=41', `number=${number}`));
      expect(readMark(tree)).toBeUndefined();
      expect(treesWithUnusableMark([tree, treeWith(markOf(identity))], 'production')).toEqual(['1']);
      expect(treesWithUnusableMark([tree], 'staging')).toEqual([]);
    },
  );

  it.each(['', 'made by hand', 'rekor-rotate log=production'])(
    'is not read into the description "%s"',
    (text) => {
      expect(readMark(treeWith(text))).toBeUndefined();
    },
  );
});
