import type { FindingCode } from '../activities/verification/not-proven';

/** What may be wrong with a receipt, and what each means; docs/receipt.md has the same table. */
export const failureMeanings = {
  NOT_A_RECEIPT: 'it has not the form of a receipt',
  FORMAT_UNKNOWN: 'it has another format than this version reads',
  DAMAGED: 'it has changed since it was written',
  KEY_NOT_GIVEN: 'a tree is signed with a key that you did not give',
  KEY_DIFFERS: 'a key in it is none, or is not the one that it is called',
  SHARDS_DIFFER: 'its lists of trees contradict each other',
  CHECKPOINT_INVALID: 'a note is none, is of another tree, or has no signature of the key',
  NAMES_DIFFER: 'its notes are signed under several names',
  LENGTH_DIFFERS: 'a length is not the one that was signed',
  ROOT_DIFFERS: 'a root is not the one that was signed, or two were signed for one length',
  INDEX_DIFFERS: 'an index is not the sum of the lengths before it',
  ENTRY_DIFFERS: 'the first leaf is not the entry that it is called, or of another tree',
  PROOF_INVALID: 'an inclusion proof does not lead to the signed root',
  PROMISE_INVALID: 'the signed entry timestamp does not hold',
  HANDOVER_DIFFERS: 'the first leaf does not commit to the end of the tree that ended',
  HANDOVER_DENIED: 'it says that there is no handover, and the first leaf is one',
  INSTANCE_DIFFERS: 'an instance had loaded other shards or lengths',
} as const satisfies Partial<Record<FindingCode, string>> & Readonly<Record<string, string>>;

export type FailureCode = keyof typeof failureMeanings;

export interface Failure {
  readonly code: FailureCode;
  /** Of what, for example `Tree 12`. */
  readonly where: string;
  /** What does not hold, in words. */
  readonly what: string;
}
