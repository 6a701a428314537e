import type { Entry } from './entry';

/** What a log has promised to one client. */
export interface Acknowledgement {
  /** 80 hex digits. */
  readonly entryId: string;
  /** Decimal. */
  readonly treeId: string;
  /** 64 hex digits: the hash of the entry as a leaf, so it pins the entry where `entry` is null. */
  readonly uuid: string;
  /** The virtual index. */
  readonly logIndex: number;
  /** The whole answer; null for an upload by rekor-cli, which prints only id and index. */
  readonly entry: Entry | null;
  /** Milliseconds since 1970, when the acknowledgement arrived. */
  readonly at: number;
}
