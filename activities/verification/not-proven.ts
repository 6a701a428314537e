import { OwnWords } from '../errors/own-words';

/** What may be wrong with what a log serves. */
export type FindingCode =
  /** No answer that Rekor gives: another status, no JSON, another form, no key. */
  | 'ANSWER_UNREADABLE'
  /** Other shards than are expected, or in another order. */
  | 'SHARD_LIST_DIFFERS'
  /** A checkpoint that is none, is of another tree, or is not signed by the log's key. */
  | 'CHECKPOINT_INVALID'
  /** A shard that is signed with another key than it is known to have. */
  | 'KEY_DIFFERS'
  /** A tree that was loaded or signed with another length than it has or should have. */
  | 'LENGTH_DIFFERS'
  /** Another root than was signed, than is known, or than was seen before for the same length. */
  | 'ROOT_DIFFERS'
  /** A tree that does not extend itself. */
  | 'NOT_APPEND_ONLY'
  /** No entry where there must be one: at an index, under an entry id or a UUID. */
  | 'ENTRY_MISSING'
  /** Another entry than was asked for. */
  | 'ENTRY_DIFFERS'
  /** A leaf under another index than its shard's place in the log gives it. */
  | 'INDEX_DIFFERS'
  /** An inclusion proof that does not lead to the signed root. */
  | 'PROOF_INVALID'
  /** A signed entry timestamp that does not hold, or is of another log. */
  | 'PROMISE_INVALID'
  /** `@sigstore/verify` refuses what clients would keep of an entry. */
  | 'BUNDLE_INVALID'
  /** The active tree does not begin with the handover. */
  | 'HANDOVER_DIFFERS'
  /** An entry after the end of a log whose active tree is empty. */
  | 'ENTRY_AFTER_END'
  /** The active tree took writes together with the shard before it. */
  | 'OVERLAP'
  /** Two earlier shards did: history that no rotation can mend. */
  | 'EARLIER_OVERLAP';

/** Something the log said that does not hold; `verification.ts` names the shard and index. */
export class NotProven extends OwnWords {
  readonly code: FindingCode;

  constructor(code: FindingCode, reason: string, options?: ConstructorParameters<typeof OwnWords>[1]) {
    super(reason, options);
    this.name = 'NotProven';
    this.code = code;
  }
}

/** Throws {@link NotProven} with code and reason unless the condition holds. */
export function prove(condition: boolean, code: FindingCode, reason: string): asserts condition {
  if (!condition) {
    throw new NotProven(code, reason);
  }
}
