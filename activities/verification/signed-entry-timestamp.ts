import { isSignedBy, type LogKey } from './log-key';
import type { LogEntry } from './log-entry';

type Promised = Pick<LogEntry, 'body' | 'integratedTime' | 'logId' | 'logIndex' | 'signedEntryTimestamp'>;

/**
 * True when the log's key signed this body under this virtual index and time: the log's promise, which a client
 * keeps. The signed bytes are canonical JSON with sorted keys (rekor pkg/api/entries.go signEntry).
 */
export function signedEntryTimestampHolds(entry: Promised, key: LogKey): boolean {
  return isSignedBy(key, signedEntryTimestampPayload(entry), entry.signedEntryTimestamp);
}

/** The bytes under a signed entry timestamp. */
export function signedEntryTimestampPayload(entry: Omit<Promised, 'signedEntryTimestamp'>): Buffer {
  const body = entry.body.toString('base64');
  const { integratedTime, logId: logID, logIndex } = entry;
  return Buffer.from(JSON.stringify({ body, integratedTime, logID, logIndex }));
}
