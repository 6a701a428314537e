import { verifyCheckpoint, type Checkpoint } from '../../activities/verification/checkpoint';
import { entries } from '../../workflows/model/counted';
import type { Checking } from '../checking';
import type { Receipt } from '../schema';
import type { KeyOf } from './keys';

/** Lists, indexes, lengths and roots: each as it was signed. Gives the notes that were proven. */
export function checkShards(receipt: Receipt, keyOf: KeyOf, checking: Checking): Checkpoint[] {
  checkLists(receipt, checking);
  const notes: Checkpoint[] = [];
  let firstIndex = 0;
  for (const shard of receipt.shards) {
    const { treeId, length, rootHash, logId, checkpoint } = shard;
    const where = `Tree ${treeId}`;
    checkIndex(where, shard.firstIndex, firstIndex, checking);
    firstIndex += length;
    const key = keyOf(logId);
    const note = key && checking.proving(where, () => verifyCheckpoint(checkpoint, treeId, key));
    if (note) {
      notes.push(note);
      const root = note.root.toString('hex');
      const said = `the receipt says ${entries(length)}, and the log signed ${note.size}`;
      checking.requires(note.size === length, 'LENGTH_DIFFERS', where, said);
      const roots = `the receipt says the root ${rootHash}, and the log signed ${root}`;
      checking.requires(root === rootHash, 'ROOT_DIFFERS', where, roots);
    }
  }
  checkIndex(`Tree ${receipt.next.treeId}`, receipt.next.firstIndex, firstIndex, checking);
  return notes;
}

function checkLists({ shards, ended, next }: Receipt, checking: Checking): void {
  const listed = shards.map(({ treeId }) => treeId);
  const all = [...listed, next.treeId];
  const twice = all.find((treeId, position) => all.indexOf(treeId) !== position);
  checking.requires(twice === undefined, 'SHARDS_DIFFER', `Tree ${twice ?? ''}`, 'the receipt has it twice');
  checking.requires(
    listed.slice(-ended.length).join() === ended.join(),
    'SHARDS_DIFFER',
    `Tree ${ended.join(', ')}`,
    `said to have ended, and the shards are [${listed.join(', ')}]`,
  );
}

function checkIndex(where: string, said: number, sum: number, checking: Checking): void {
  const what = `the receipt says that it begins with index ${said}, and the lengths before it add up to ${sum}`;
  checking.requires(said === sum, 'INDEX_DIFFERS', where, what);
}
