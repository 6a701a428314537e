import { verifyCheckpoint, type Checkpoint } from '../../activities/verification/checkpoint';
import { leafHash, rootFromInclusion } from '../../activities/verification/merkle';
import { prove } from '../../activities/verification/not-proven';
import { loadedDifferences } from '../../workflows/model/shards';
import type { Checking } from '../checking';
import type { Receipt } from '../schema';
import type { KeyOf } from './keys';

/**
 * What each process had loaded (a wrong length is seen only while such a process lives), and that its next tree begins with the
 * same leaf. Gives the notes that were proven.
 */
export function checkInstances(receipt: Receipt, keyOf: KeyOf, checking: Checking): Checkpoint[] {
  return receipt.instances.flatMap((instance) => {
    const { name, loaded } = instance;
    const where = `Instance ${name}`;
    const { treeId: activeTreeId } = receipt.next;
    const differences = loadedDifferences(
      { activeTreeId, inactive: loaded },
      { activeTreeId, inactive: receipt.shards },
    );
    differences.forEach((difference) => checking.add('INSTANCE_DIFFERS', where, difference));
    return [
      ...endedNote(receipt, instance, keyOf, checking, where),
      ...nextNote(receipt, instance, keyOf, checking, where),
    ];
  });
}

type Check = (
  receipt: Receipt,
  instance: Receipt['instances'][number],
  keyOf: KeyOf,
  checking: Checking,
  where: string,
) => Checkpoint[];

const endedNote: Check = ({ shards }, { endedCheckpoint }, keyOf, checking, where) => {
  const last = shards.at(-1);
  const key = last && keyOf(last.logId);
  const note =
    key &&
    checking.proving(where, () => {
      const { treeId, length, rootHash } = last;
      const proven = verifyCheckpoint(endedCheckpoint, treeId, key);
      const [found, root] = [proven.size, proven.root.toString('hex')];
      prove(found === length, 'LENGTH_DIFFERS', `it signed tree ${treeId} with size ${found}, not ${length}`);
      prove(root === rootHash, 'ROOT_DIFFERS', `it signed tree ${treeId} with the root ${root}`);
      return proven;
    });
  return note ? [note] : [];
};

const nextNote: Check = ({ next, firstLeaf }, { checkpoint, path }, keyOf, checking, where) => {
  const key = keyOf(next.logId);
  const note =
    key &&
    checking.proving(where, () => {
      const proven = verifyCheckpoint(checkpoint, next.treeId, key);
      const leaf = leafHash(Buffer.from(firstLeaf.body, 'base64'));
      const proof = {
        leafIndex: 0,
        treeSize: proven.size,
        path: path.map((hash) => Buffer.from(hash, 'hex')),
      };
      prove(
        rootFromInclusion(leaf, proof)?.equals(proven.root) === true,
        'PROOF_INVALID',
        `its proof of the first leaf of tree ${next.treeId} does not lead to the root that it signed`,
      );
      return proven;
    });
  return note ? [note] : [];
};
