import type { KnownEntries } from '../../quiet-hours/known-entries';
import { type QuietHours, quietHoursOf } from '../../quiet-hours/quiet-hours';
import { RekorLog } from '../../quiet-hours/rekor-log';
import { type Clock, LogRequests } from '../../activities/clients/log-requests';
import type { PlantedLog } from './planted-log';
import { now, timeZone } from './planted-week';

/** A clock whose time passes only while somebody sleeps. */
export function sleepingClock(): Clock & { readonly slept: number[] } {
  let time = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      if (ms > 0) slept.push(ms);
      time += ms;
      return Promise.resolve();
    },
  };
}

export interface Asking {
  readonly mostRequests?: number;
  readonly weeks?: number;
  readonly known?: KnownEntries;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

export const forever = new AbortController().signal;

export function requestsTo(
  log: PlantedLog,
  { mostRequests = 300, clock = sleepingClock() }: Asking = {},
): LogRequests {
  return new LogRequests('http://log', log.transport, { mostRequests, pauseMs: 0, userAgent: 'test', clock });
}

/** What is found of a planted log, by default with what the command line would use. */
export async function quietHoursIn(log: PlantedLog, asking: Asking = {}): Promise<QuietHours> {
  const { weeks = 4, known, signal = forever } = asking;
  const requests = requestsTo(log, asking);
  return await quietHoursOf({
    ...{ log: new RekorLog(requests), requests, timeZone, weeks, hours: 3, now, signal },
    ...(known && { known }),
  });
}
