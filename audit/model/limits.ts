import type { Reading } from './chosen-leaves';

/** What an audit went by, as far as it decides what it can see. */
export interface AuditScope {
  readonly reading: Reading;
  readonly hasCheckpoints: boolean;
  readonly hasKeys: boolean;
  /** There was a search index to ask. */
  readonly hasSearch: boolean;
  /** There is a length that a process does not show. */
  readonly hasUnseenLengths: boolean;
  /** Another tree was active at the end than at the beginning. */
  readonly rotatedMeanwhile: boolean;
}

/** The kinds of fault that this audit cannot have seen, a sentence each. */
export function unseen(scope: AuditScope): string[] {
  const { reading, hasCheckpoints, hasKeys, hasSearch, hasUnseenLengths, rotatedMeanwhile } = scope;
  return [
    ...(rotatedMeanwhile
      ? ['The log was rotated while it was read, and its newest shard was not: ask again.']
      : []),
    ...(hasUnseenLengths
      ? [
          'A length that an old Rekor computes indexes with, but by the indexes that were read: it signs checkpoints of inactive shards anew.',
        ]
      : []),
    'An index that a process gave out twice, when it has been started again since: only receipts of clients show it.',
    ...(hasCheckpoints
      ? ['A shard that nobody serves any more, and of which you gave no checkpoint.']
      : [
          'A shard that nobody serves any more: give a checkpoint of each shard (--since-checkpoint FILE).',
          'A tree that was rewritten before today: give a checkpoint that you have kept.',
        ]),
    ...(hasKeys
      ? []
      : ['A key that every instance has exchanged: give the keys that clients trust (--key FILE).']),
    ...(reading.kind === 'all' ? [] : ['Faults of entries that were not read: --all reads every one.']),
    'An entry that was acknowledged and is in no tree: the log does not know of it.',
    'An instance, or a process behind an address, that did not answer: name each by an address of its own.',
    'A shard that begins with the handover of a tree that is not served: it looks like an entry of a client.',
    'Two trees that took writes within the clock difference, or of which one took none after the other had begun.',
    ...(hasSearch ? [] : ['What the search index says: there was none to ask.']),
  ];
}
