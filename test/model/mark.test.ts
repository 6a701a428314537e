import { markOf, readMark } from '../../workflows/model/mark';

const identity = { log: 'production', rotation: '20260131T030000Z-1f3a9c', attempt: 2, number: 41 };

function treeWith(description: string) {
  const names = { displayName: '', description };
  return {
    treeId: '1',
    state: 'FROZEN',
    type: 'LOG',
    ...names,
    updatedAtMs: 0,
    maxRootDurationMs: 0,
    deleted: false,
  } as const;
}

describe('the mark of a next tree', () => {
  it('says whose tree it is, and is read back', () => {
    expect(readMark(treeWith(markOf(identity)))).toEqual(identity);
  });

  it('fits into what Trillian stores, for the longest names', () => {
    const longest = { ...identity, log: 'l'.repeat(63), attempt: 999, number: Number.MAX_SAFE_INTEGER };
    expect(markOf(longest).length).toBeLessThanOrEqual(200);
  });

  it.each(['', 'made by hand', 'rekor-rotate log=production'])(
    'is not read into the description "%s"',
    (text) => {
      expect(readMark(treeWith(text))).toBeUndefined();
    },
  );
});
