import { parseDuration } from '../config/quantities';
import { counted } from '../workflows/model/counted';
import { inSeconds } from '../workflows/model/times';

/** Times as people write and read them at a terminal. */

/** What `readTime` takes. */
export const TIMES_ALLOWED =
  'a time with its zone, such as 2026-11-28T05:00Z or 2026-11-28T06:00+01:00, or how long from now, such as 90m or 2h';

const form =
  /^(?<local>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2})(?::(?<seconds>\d{2})(?:\.\d{1,3})?)?(?:Z|(?<sign>[+-])(?<hours>\d{2}):?(?<minutes>\d{2}))$/i;

/**
 * Reads a time, or how long from now. A time without its zone is none: whoever reads it may be elsewhere.
 *
 * @returns ISO 8601, in whole seconds of UTC; undefined for what is neither.
 */
export function readTime(text: string, nowMs: number): string | undefined {
  const fromNow = parseDuration(text);
  if (fromNow !== undefined) {
    return inSeconds(nowMs + fromNow);
  }
  const { local, seconds = '00', sign = '+', hours = '0', minutes = '0' } = form.exec(text)?.groups ?? {};
  if (local === undefined) {
    return undefined;
  }
  const written = `${local.replace(/[t ]/i, 'T')}:${seconds}`;
  const wallMs = Date.parse(`${written}Z`);
  // The 30th of February is read as another day.
  if (Number.isNaN(wallMs) || inSeconds(wallMs) !== `${written}Z`) {
    return undefined;
  }
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return inSeconds(sign === '-' ? wallMs + offsetMs : wallMs - offsetMs);
}

/** What is wrong with a time that has to lie ahead, by so many hours at most; undefined when nothing is. */
export function timeProblem(
  option: string,
  text: string | undefined,
  nowMs: number,
  mostHours = Infinity,
): string | undefined {
  if (text === undefined) {
    return `Say a time: ${option} TIME, ${TIMES_ALLOWED}.`;
  }
  const time = readTime(text, nowMs);
  if (time === undefined) {
    return `${option} is ${text}; allowed is ${TIMES_ALLOWED}.`;
  }
  const aheadMs = Date.parse(time) - nowMs;
  if (aheadMs <= 0) {
    return `${option} is ${text}, which has passed.`;
  }
  const most = mostHours > 48 ? counted(mostHours / 24, 'day') : counted(mostHours, 'hour');
  return aheadMs > mostHours * 3_600_000
    ? `${option} is ${text}, which is ${time}; allowed is at most ${most} ahead.`
    : undefined;
}

/** A time in the reader's zone and in UTC, to the second; once where that is the same. */
export function whenText(iso: string, timeZone: string): string {
  const ms = Date.parse(iso);
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', timeZoneName: 'longOffset' },
    ...{
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    },
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((one) => one.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace(/^GMT(\+00:00)?$|^GMT/, '');
  const utc = inSeconds(ms);
  if (offset === '') {
    return utc;
  }
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')}:${part('second')} ${offset} (${utc})`;
}
