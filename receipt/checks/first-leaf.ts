import { readHandover, handoverText } from '../../activities/handover';
import { parseCheckpoint, type Checkpoint } from '../../activities/verification/checkpoint';
import { proveEntry } from '../../activities/verification/entry-proof';
import { printable } from '../../workflows/model/shown';
import type { Checking } from '../checking';
import type { Receipt } from '../schema';
import type { KeyOf } from './keys';

/** The first leaf of the next tree, as an entry of the log is proven. Gives the note that it was proven under. */
export function checkFirstLeaf(receipt: Receipt, keyOf: KeyOf, checking: Checking): Checkpoint[] {
  const { firstLeaf, next } = receipt;
  const { entryId, checkpoint, path } = firstLeaf;
  const key = keyOf(next.logId);
  if (!key) {
    return [];
  }
  const note = checking.proving(`The first leaf of tree ${next.treeId}`, () => {
    const { size, root } = parseCheckpoint(checkpoint);
    const entry = {
      entryId,
      treeId: BigInt(`0x${entryId.slice(0, 16)}`).toString(),
      uuid: entryId.slice(16),
      body: Buffer.from(firstLeaf.body, 'base64'),
      integratedTime: firstLeaf.integratedTime,
      logId: next.logId,
      logIndex: firstLeaf.logIndex,
      signedEntryTimestamp: Buffer.from(firstLeaf.signedEntryTimestamp, 'base64'),
      proof: {
        ...{ leafIndex: 0, treeSize: size, root: Buffer.from(root), checkpoint },
        path: path.map((hash) => Buffer.from(hash, 'hex')),
      },
    };
    return proveEntry(entry, { ...next, key });
  });
  return note ? [note] : [];
}

/** The first leaf commits to the end of the tree that ended last; or there is none, and it is no handover. */
export function checkHandover({ shards, handover, firstLeaf }: Receipt, checking: Checking): void {
  const last = shards.at(-1);
  if (!last) {
    return;
  }
  const where = 'The handover';
  const { treeId, length: size, rootHash } = last;
  const text = handoverText({ treeId, size, rootHash });
  const value = Buffer.from(firstLeaf.body, 'base64');
  const committed = readHandover({ value, extraData: Buffer.from(text) }) !== null;
  if (!handover) {
    checking.requires(
      !committed,
      'HANDOVER_DENIED',
      where,
      'the first leaf commits to the end that it names',
    );
    return;
  }
  checking.requires(
    handover.text === text,
    'HANDOVER_DIFFERS',
    where,
    `its text is ${printable(handover.text)}, and the end of tree ${treeId} is ${printable(text)}`,
  );
  const what = `the first leaf does not commit to tree ${treeId}, ${size} entries and the root ${rootHash}`;
  checking.requires(committed, 'HANDOVER_DIFFERS', where, what);
}
