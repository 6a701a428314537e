import { entries } from '../../workflows/model/counted';
import { inSeconds } from '../../workflows/model/times';
import type { Receipt } from '../schema';
import { keyChangeIn } from './notes';

/** What the public reads of a rotation, in plain English. */
export function statusPage(receipt: Receipt): string {
  const { log, shards, ended, next, firstLeaf } = receipt;
  const since = inSeconds(firstLeaf.integratedTime * 1000);
  const ends = shards.filter(({ treeId }) => ended.includes(treeId));
  return `${[
    `# ${log} has a new shard`,
    `Since ${since} new entries go to tree ${next.treeId}, from index ${next.firstIndex} on. Every earlier entry keeps its index and its UUID, and can be read and verified as before. ${keyText(receipt)}`,
    ...ends.map(
      ({ treeId, length, rootHash }) =>
        `Tree ${treeId} has ended with ${entries(length)}. Its root hash is \`${rootHash}\`.`,
    ),
    writesText(receipt),
    'Monitors, mirrors, witnesses and verifiers of their own making have to know more: see the notes beside this. The receipt of the rotation can be checked offline with the public keys of the log.',
  ].join('\n\n')}\n`;
}

function keyText(receipt: Receipt): string {
  const change = keyChangeIn(receipt);
  return change
    ? `From index ${change.fromIndex} on entries are signed with a new key, \`${change.next}\`. Sigstore clients know it from the trusted root; whoever has the key of the log in a file needs the new one beside the former.`
    : 'You have nothing to do.';
}

function writesText({ rotation: { writes } }: Receipt): string {
  if (!writes) {
    return 'New entries may have waited for some seconds.';
  }
  const { longestWaitMs, held, refused } = writes;
  const waited =
    held === 0
      ? 'No new entry had to wait.'
      : `New entries waited for ${(Math.ceil(longestWaitMs / 100) / 10).toFixed(1)} s at most.`;
  return refused === 0 ? waited : `${waited} ${entries(refused)} got the answer to try again.`;
}
