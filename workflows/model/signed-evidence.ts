import type { Shard, TreeId } from './log';

/**
 * What a log signed when a rotation was confirmed. It is kept because it cannot be asked for later: processes end, notes are
 * signed anew, and the next tree grows. Anyone can prove it again, with the log's public keys alone.
 */

/** A public key of a log. */
export interface SignedKey {
  /** SHA-256 over its DER, lower-case hex. */
  readonly logId: string;
  /** SubjectPublicKeyInfo, base64. */
  readonly der: string;
  /** When the oldest entry that was proven under it was integrated, seconds since 1970; null where there is none. */
  readonly since: number | null;
}

/** An inactive shard as one process has loaded it. */
export interface SignedShard extends Shard {
  readonly logId: string;
  /** Signed note: its second line is the length that the process computes indexes with. */
  readonly checkpoint: string;
}

/** The first leaf of the active tree, under a head of that tree. */
export interface SignedLeaf {
  /** The leaf: the entry in canonical JSON, base64. */
  readonly body: string;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  /** Virtual index. */
  readonly logIndex: number;
  /** Base64. */
  readonly signedEntryTimestamp: string;
  /** Signed note of the active tree. */
  readonly checkpoint: string;
  /** Inclusion proof to that note: sibling hashes from the leaf up, lower-case hex. */
  readonly path: readonly string[];
}

/** What one address served, each part of it proven. */
export interface Served {
  readonly keys: readonly SignedKey[];
  /** In served order. */
  readonly inactive: readonly SignedShard[];
  readonly active: { readonly treeId: TreeId; readonly logId: string };
  readonly firstLeaf: SignedLeaf;
}

/** What one Rekor process said of itself, in as few signatures as show which lengths it had loaded. */
export interface InstanceEvidence extends Pick<SignedLeaf, 'checkpoint' | 'path'> {
  readonly name: string;
  /** Inactive shards in served order. */
  readonly loaded: readonly Shard[];
  /** Signed note of the last one of these. */
  readonly endedCheckpoint: string;
}

export interface SignedEvidence extends Served {
  /** When the public address had been read; ISO 8601. */
  readonly at: string;
  /** The public address. */
  readonly address: string;
  /** What looked. */
  readonly worker: { readonly rekorRotate: string; readonly node: string };
  readonly instances: readonly InstanceEvidence[];
  /** So many more were proven, and what they said found no room. */
  readonly instancesLeftOut: number;
}
