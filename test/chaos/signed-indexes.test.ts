import { SignedIndexes } from '../../chaos/signed-indexes';

const one = 'a'.repeat(80);
const other = 'b'.repeat(80);

function entry(entryId: string, logIndex: number, signedEntryTimestamp: string | undefined = 'MEUC'): string {
  return JSON.stringify({ [entryId]: { logIndex, body: '', verification: { signedEntryTimestamp } } });
}

describe('the indexes that instances have signed', () => {
  it('finds one that was signed for two entries, in whatever answers', () => {
    const signed = new SignedIndexes();
    signed.see(entry(one, 7));
    signed.see(`[${entry(one, 7)}]`);
    expect(signed.signedTwice()).toEqual([]);
    signed.see(`[${entry(other, 7)}]`);

    expect(signed.signedTwice()).toEqual([`index 7 was signed for ${one} and ${other}`]);
    expect(signed.size).toBe(1);
  });

  it('counts only what is signed', () => {
    const signed = new SignedIndexes();
    signed.see(JSON.stringify({ [one]: { logIndex: 1, verification: {} } }));
    signed.see(JSON.stringify({ treeID: '5', treeSize: 3, inactiveShards: null }));
    signed.see('<html>');
    signed.see('null');

    expect(signed.size).toBe(0);
  });
});
