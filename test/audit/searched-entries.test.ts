import { MOST_SEARCHED, SearchedEntries } from '../../audit/model/searched-entries';

function chosenOf(counts: Readonly<Record<string, number>>): string[] {
  const entries = new SearchedEntries();
  for (const [treeId, count] of Object.entries(counts)) {
    for (let logIndex = 0; logIndex < count; logIndex += 1) {
      entries.offer({ treeId, logIndex, entryId: `${treeId}${logIndex}`, digest: '' });
    }
  }
  return entries.chosen(Object.keys(counts)).map(({ entryId }) => entryId);
}

it('asks a search index for entries of each shard, of the active one first', () => {
  expect(chosenOf({ A: 1000, B: 2, C: 0, D: 1000 })).toEqual([
    'D0',
    'B0',
    'A0',
    'D1',
    'B1',
    'A1',
    'D2',
    'A2',
    'D3',
    'A3',
  ]);
  expect(chosenOf({ A: 3 })).toEqual(['A0', 'A1', 'A2']);
  expect(chosenOf(Object.fromEntries(Array.from({ length: 30 }, (_, tree) => [`T${tree}`, 5])))).toHaveLength(
    MOST_SEARCHED,
  );
});
