/** One entry as Rekor answers it: rekor:openapi.yaml, LogEntry. */
export interface Entry {
  /** 80 hex digits: tree id (16) and leaf hash (64). */
  readonly entryId: string;
  /** Decimal. */
  readonly treeId: string;
  /** 64 hex digits: the Merkle leaf hash. */
  readonly uuid: string;
  /** Virtual: over all shards. */
  readonly logIndex: number;
  /** Base64 of the canonical entry: the leaf. */
  readonly body: string;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  readonly logId: string;
  /** Base64; Rekor's promise over body, time, key and index. */
  readonly signedEntryTimestamp: string;
  readonly proof: EntryProof;
}

export interface EntryProof {
  /** Index in the entry's own tree. */
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly hashes: readonly string[];
  /** Signed note. */
  readonly checkpoint: string;
}

interface WireEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly treeSize: number;
      readonly rootHash: string;
      readonly hashes: readonly string[];
      readonly checkpoint: string;
    };
  };
}

/** Splits an entry id of 80 hex digits; the tree id is read without losing digits. Throws when it is none. */
export function splitEntryId(entryId: string): { treeId: string; uuid: string } {
  if (!/^[0-9a-f]{80}$/.test(entryId)) throw new Error(`"${entryId}" is not an entry id of 80 hex digits`);
  return { treeId: BigInt(`0x${entryId.slice(0, 16)}`).toString(), uuid: entryId.slice(16) };
}

/** Reads the answer to a POST or GET of one entry; throws when it is not one entry with its proof. */
export function readEntry(answer: string): Entry {
  const entries = Object.entries(JSON.parse(answer) as Record<string, WireEntry>);
  const [only] = entries;
  if (only === undefined || entries.length !== 1)
    throw new Error(`the answer holds ${entries.length} entries, not one`);
  const [entryId, entry] = only;
  const proof = entry.verification.inclusionProof;
  return {
    entryId,
    ...splitEntryId(entryId),
    logIndex: entry.logIndex,
    body: entry.body,
    integratedTime: entry.integratedTime,
    logId: entry.logID,
    signedEntryTimestamp: entry.verification.signedEntryTimestamp,
    proof: {
      leafIndex: proof.logIndex,
      treeSize: proof.treeSize,
      rootHash: proof.rootHash,
      hashes: proof.hashes,
      checkpoint: proof.checkpoint,
    },
  };
}
