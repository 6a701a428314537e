import path from 'node:path';
import type { PemFile } from '../activities/clients/authorities';
import { refuse } from '../activities/errors/refusal-error';
import type { PastWrites } from '../activities/past-writes';
import { cacheFolder } from '../config/cache-folder';
import { keptConnections } from '../activities/clients/kept-connections';
import { knownEntriesIn } from '../quiet-hours/known-entries';
import type { Unknown } from '../quiet-hours/model/findings';
import { AT_A_TIME, type QuietHours, quietHoursOf } from '../quiet-hours/quiet-hours';
import { RekorLog } from '../quiet-hours/rekor-log';
import { LogRequests, LogUnreadable, MustStop } from '../activities/clients/log-requests';

/** As `rekor-rotate quiet-hours` does by default; what it has read before is not asked for again. */
const COURTESY = { mostRequests: 300, pauseMs: 50, userAgent: 'rekor-rotate worker' } as const;
const WEEKS = 4;

export interface PastWritesOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  readonly publicUrl: string;
  /** Who may sign for an https address. */
  readonly authorities?: PemFile | undefined;
  /** Seconds since the epoch; tests bring their own. */
  readonly now?: () => number;
}

/** Reads the writes of the past weeks from a log's public address, as the command `quiet-hours` does. */
export function connectPastWrites(options: PastWritesOptions): PastWrites {
  const { log, publicUrl: url, authorities, now = () => Math.floor(Date.now() / 1000) } = options;
  return {
    async ofWeek(signal) {
      const { week, unknown } = await read(signal);
      if (!week) throw refuse('QUANTILE_UNKNOWN', { log, reason: reasonOf(unknown) });
      return week.hours.map(({ rate }) => rate / 60);
    },
  };

  async function read(signal: AbortSignal): Promise<QuietHours> {
    const { transport, close } = keptConnections(url, AT_A_TIME, authorities);
    const requests = new LogRequests(url, transport, COURTESY);
    try {
      return await quietHoursOf({
        ...{ log: new RekorLog(requests), requests, weeks: WEEKS, hours: 1, timeZone: 'UTC', signal },
        known: knownEntriesIn(path.join(cacheFolder(), 'quiet-hours'), url),
        now: now(),
      });
    } catch (error) {
      if (!(error instanceof LogUnreadable || error instanceof MustStop)) throw error;
      const reason = error instanceof LogUnreadable ? error.reason : 'it asks for more patience than we have';
      throw refuse('REKOR_UNREACHABLE', { log, instance: 'publicUrl', url, reason }, error);
    } finally {
      await close();
    }
  }
}

/** Why a log tells nothing of its hours, in words that follow "because". */
function reasonOf(unknown: Unknown | null): string {
  switch (unknown?.code) {
    case 'EMPTY':
      return 'it holds no entry';
    case 'YOUNG':
      return `its first entry is of ${new Date(unknown.firstEntry * 1000).toISOString()}, less than two whole weeks ago`;
    case 'FEW_WRITES':
      return 'in fewer than two of the past weeks there were writes in 24 hours or more';
    case 'CLOCK_AHEAD':
    case 'DISORDER':
      return 'the times of its entries are no times of a clock that runs right';
    case 'UNREAD':
    case 'UNCERTAIN':
    case undefined:
      return 'too little of it could be read';
  }
}
