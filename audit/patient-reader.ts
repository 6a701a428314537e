import type { LogEntry } from '../activities/verification/log-entry';
import type { LogReader } from '../activities/verification/log-reader';
import type { ServedShard } from '../activities/verification/served-shard';
import type { AuditedLog } from './audited-log';

/** Reads entries of one shard. Those of the active tree are asked for again before they are missing: it is growing. */
export function readerOf(
  log: AuditedLog,
  { isActive }: Pick<ServedShard, 'isActive'>,
): Pick<LogReader, 'entryAt' | 'entryById' | 'entryByUuid'> {
  if (!isActive) return log;
  const isThere = (entry: LogEntry | null): boolean => entry !== null;
  return {
    entryAt: (index, signal) => log.eventually(() => log.entryAt(index, signal), isThere, signal),
    entryById: (treeId, uuid, signal) =>
      log.eventually(() => log.entryById(treeId, uuid, signal), isThere, signal),
    entryByUuid: (uuid, signal) => log.eventually(() => log.entryByUuid(uuid, signal), isThere, signal),
  };
}
