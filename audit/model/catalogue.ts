/** What an audit looks at, in the order in which it is shown. */
export const checkNames = [
  'shards',
  'lengths',
  'keys',
  'boundaries',
  'times',
  'handovers',
  'entries',
  'indexes',
  'consistency',
  'search',
] as const;

export type CheckName = (typeof checkNames)[number];

interface Kind {
  readonly check: CheckName;
  /** Otherwise it is worth knowing, and a sound log may have it. */
  readonly fault: boolean;
  /** What to do, in words. */
  readonly remedy: string;
}

const askedDuringRotation =
  'If a rotation is running, leave all as it is and ask again when it has ended. Else: ';
const restartStale =
  askedDuringRotation +
  'let nobody reach that instance: it signs wrong indexes. Start it again with the configuration of the others, once the inactive trees are FROZEN. ' +
  'Up to Rekor 1.4.0 a `treeLength` in the sharding file is taken instead of the length of the tree, and a restart changes nothing: ' +
  'take it out, or put the length of the FROZEN tree there. Do so with care: it moves all later indexes, also those that clients hold.';
const readTwoWriters =
  'Let one tree alone take writes, and freeze the others. What was given out stays: tell whoever holds such an entry its entry id, which is right for good.';
const doNotTrust =
  'Keep what was answered, with the date. Ask again past every proxy and cache; if it stays, this log cannot prove what it serves.';

/** Everything that an audit may find. What stands under a code of `activities/verification/` means the same here. */
export const catalogue = {
  SHARD_TWICE: {
    check: 'shards',
    fault: true,
    remedy: 'Take the second mention out of the sharding file, and start the instance again.',
  },
  SHARD_MISSING: {
    check: 'shards',
    fault: true,
    remedy:
      'Put the shard into the sharding file at its place, and start the instance again. Until then nobody may reach it: its indexes are wrong.',
  },
  SHARD_ORDER_DIFFERS: {
    check: 'shards',
    fault: true,
    remedy:
      'Give every instance the order in which the shards were active, oldest first, and start it again. Until then nobody may reach it.',
  },
  SHARD_LIST_DIFFERS: {
    check: 'shards',
    fault: true,
    remedy:
      'Find out which list is right. Every instance of one log needs the same shards in the same order.',
  },
  INSTANCE_STALE: {
    check: 'shards',
    fault: true,
    remedy:
      askedDuringRotation +
      'start that instance again with the configuration of the others, or stop it. While its tree is ACTIVE it may give taken indexes out.',
  },
  PROCESSES_DIFFER: {
    check: 'shards',
    fault: true,
    remedy:
      askedDuringRotation +
      'ask each process by an address of its own, to see which one is wrong, and take it out.',
  },
  LENGTH_STALE: { check: 'lengths', fault: true, remedy: restartStale },
  LENGTHS_DIFFER: { check: 'lengths', fault: true, remedy: restartStale },
  ROOT_DIFFERS: { check: 'lengths', fault: true, remedy: doNotTrust },
  CHECKPOINT_INVALID: {
    check: 'keys',
    fault: true,
    remedy:
      'Look up which key signed this shard, and name it under signingConfig of the shard in the sharding file. A Rekor as old as 0.8 names no tree in a checkpoint: serve the log by a newer one.',
  },
  KEYS_DIFFER: {
    check: 'keys',
    fault: true,
    remedy:
      'Find out which of these keys your clients trust, and name it under signingConfig of the shard in every sharding file.',
  },
  KEY_NOT_TRUSTED: {
    check: 'keys',
    fault: true,
    remedy:
      'Name the key that signed this shard from the beginning under its signingConfig, or add this key to what your clients trust.',
  },
  CHECKPOINT_OF_OTHER_KEY: {
    check: 'keys',
    fault: true,
    remedy:
      'A shard keeps its key for good: name the former one under its signingConfig. If the checkpoint is of another log, give the right one.',
  },
  KEY_CHANGES: {
    check: 'keys',
    fault: false,
    remedy:
      'Right if the key was changed with a rotation. To have it checked, give the keys that clients trust: --key FILE.',
  },
  HOSTNAMES_DIFFER: {
    check: 'keys',
    fault: false,
    remedy: 'Give every instance the same --rekor_server.hostname: some clients look the name up.',
  },
  BOUNDARY_WRONG: {
    check: 'boundaries',
    fault: true,
    remedy:
      'Compare the lengths that this process computes with (line 2 of each signedTreeHead) with the trees. Start it again when they are FROZEN.',
  },
  ENTRY_AFTER_END: { check: 'boundaries', fault: true, remedy: restartStale },
  OVERLAP: { check: 'times', fault: true, remedy: readTwoWriters },
  SHARD_ORDER_WRONG: {
    check: 'times',
    fault: true,
    remedy:
      'Compare the order in the sharding file with the one in which the trees were active. If this order was served from the beginning, leave it: clients hold its indexes.',
  },
  HANDOVER_OUT_OF_PLACE: {
    check: 'handovers',
    fault: true,
    remedy: 'Put the shards into the order in which they hand over, and start every instance again.',
  },
  ENTRY_MISSING: {
    check: 'entries',
    fault: true,
    remedy:
      'See whether Trillian still holds that leaf, and what the log of Rekor says where it answers 500. A restored backup may have lost what came after it.',
  },
  ENTRY_DIFFERS: { check: 'entries', fault: true, remedy: doNotTrust },
  INDEX_DIFFERS: { check: 'entries', fault: true, remedy: restartStale },
  PROOF_INVALID: { check: 'entries', fault: true, remedy: doNotTrust },
  PROMISE_INVALID: {
    check: 'entries',
    fault: true,
    remedy: 'Name the key that signed this shard from the beginning under its signingConfig.',
  },
  BUNDLE_INVALID: { check: 'entries', fault: true, remedy: doNotTrust },
  ANSWER_UNREADABLE: {
    check: 'entries',
    fault: true,
    remedy: 'See what answers at this path: a front may have answered in place of Rekor.',
  },
  INDEX_TWICE: { check: 'indexes', fault: true, remedy: readTwoWriters },
  ENTRY_TWICE: { check: 'indexes', fault: true, remedy: restartStale },
  LEAF_TWICE: { check: 'indexes', fault: true, remedy: doNotTrust },
  SENT_AGAIN: {
    check: 'indexes',
    fault: false,
    remedy:
      'Somebody sent them again after a rotation. Both are valid; `rekor-cli verify --artifact` fails for them, by UUID it does not.',
  },
  NOT_APPEND_ONLY: { check: 'consistency', fault: true, remedy: doNotTrust },
  CHECKPOINT_UNSERVED: {
    check: 'consistency',
    fault: true,
    remedy:
      'A shard is missing from every sharding file that was asked, or the checkpoint is of another log. Put the shard back at its place.',
  },
  CHECKPOINT_BEYOND_END: {
    check: 'consistency',
    fault: true,
    remedy: 'The tree has lost entries since, as by a restored backup. Keep the checkpoint: it proves that.',
  },
  SEARCH_DANGLING: {
    check: 'search',
    fault: true,
    remedy:
      'If the tree is none of the shards, one is missing from the sharding file. Else the index is older or newer than the trees: fill it anew.',
  },
  SEARCH_INCOMPLETE: {
    check: 'search',
    fault: false,
    remedy:
      'Only these few were asked for, so others may be missing, too. An index that was filled from some day on lacks what came before. ' +
      '`backfill-index --start 0 --end N` fills it anew; N is the last virtual index of the log, over all shards.',
  },
} as const satisfies Record<string, Kind>;

export type AuditCode = keyof typeof catalogue;
