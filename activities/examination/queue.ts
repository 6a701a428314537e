import { failedCheck, passedCheck, type Check } from '../../workflows/model/checks';
import { refusal } from '../../workflows/model/refusals';
import { isSwitchedOn } from '../../programs/command-line-flags';
import { startedBy } from '../../programs/program-words';
import { listeningProcess } from '../../programs/readers/listening-process';
import type { TrillianFlag } from '../../programs/wanted-flags';
import { foundOrRefused } from '../errors/refusal-error';
import type { TreeQueue } from '../tree-queue/tree-queue';
import { isOfThisHost } from './this-host';

/** What Trillian allows unless it is told otherwise (trillian: quota/mysqlqm/mysql_quota.go, and that for PostgreSQL). */
const DEFAULT_LIMIT = 500_000;

/** By the kind of the database. */
const limitFlags = {
  mysql: 'max_unsequenced_rows',
  postgresql: 'pg_max_unsequenced_rows',
} as const satisfies Record<string, TrillianFlag>;

/** Statements of both kinds, and each knows these names as they stand here. */
export const CLEANING = 'DELETE FROM Unsequenced WHERE TreeId NOT IN (SELECT TreeId FROM Trees);';

/** The database of a log's Trillian, and where its log servers are. */
export interface QueueWays {
  readonly log: string;
  readonly queue: TreeQueue;
  readonly kind: keyof typeof limitFlags;
  /** `HOST:PORT`, or pages of metrics. */
  readonly logServers: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * How full the queue of Trillian is against its quota, which refuses clients' leaves, and the first leaf of a new tree. It counts
 * those of all trees, also of trees that are no more. Without a database nothing shows it.
 */
export async function examineQueue({ log, queue, kind, logServers, signal }: QueueWays): Promise<Check[]> {
  const quota = quotaOf(await logServerFlags(logServers), kind);
  if ('unlimited' in quota) return [passedCheck('QUEUE_WITHIN_QUOTA', { seen: quota.unlimited })];
  const { limit, isSeen } = quota;
  const { found: queued } = await foundOrRefused(() => queue.queuedLeaves(limit, signal));
  // Preflight asks the same database, and says what is wrong with it.
  if (queued === null) return [];
  if (queued <= limit / 2) {
    const unless = isSeen ? '' : `, unless --${limitFlags[kind]} says otherwise`;
    const seen = `Trillian's queue has ${queued} leaves of all its logs; its quota allows ${limit}${unless}`;
    return [passedCheck('QUEUE_WITHIN_QUOTA', { seen, notAll: !isSeen })];
  }
  const flag = limitFlags[kind];
  const near = refusal('QUEUE_NEAR_QUOTA', { log, queued, limit, isSeen, flag, cleaning: CLEANING });
  return [failedCheck('QUEUE_WITHIN_QUOTA', near, isSeen && queued >= limit ? 'refused' : 'warning')];
}

/** What a quota allows, and whether the log server was seen to be told so. */
type Quota = { readonly limit: number; readonly isSeen: boolean } | { readonly unlimited: string };

/** @param flags of the log server; undefined where it is not seen. */
export function quotaOf(
  flags: ReadonlyMap<string, string> | undefined,
  kind: keyof typeof limitFlags,
): Quota {
  const system = flags?.get('quota_system') ?? kind;
  if (isSwitchedOn(flags?.get('quota_dry_run'))) {
    return { unlimited: "Trillian's quota refuses nothing: its log server has --quota_dry_run" };
  }
  if (system !== kind) {
    return { unlimited: `Trillian's quota does not count its queue: --quota_system is ${system}` };
  }
  const told = Number(flags?.get(limitFlags[kind]));
  const isTold = Number.isSafeInteger(told) && told > 0;
  // What a file of flags has was not read; what stands among the arguments wins over it.
  return {
    limit: isTold ? told : DEFAULT_LIMIT,
    isSeen: isTold || (flags !== undefined && !flags.has('config')),
  };
}

/** The flags of the first log server that runs on this host, where this user may see them. */
async function logServerFlags(
  logServers: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  for (const server of logServers) {
    const { hostname, port } = new URL(server.includes('://') ? server : `http://${server}`);
    if (!isOfThisHost(hostname)) continue;
    const listening = await listeningProcess(Number(port));
    const started = listening && startedBy(listening.words);
    if (started?.program === 'trillian_log_server') return started.flags;
  }
  return undefined;
}
