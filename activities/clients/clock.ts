import { freshDate, type FreshRequest } from './http';

/** Within which bounds the clock of a server is ahead of ours; milliseconds. */
export interface ClockBounds {
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

/** Of a server that does not tell its clock. */
const UNTOLD: ClockBounds = { atLeastMs: -Infinity, atMostMs: Infinity };

/** A Date is in whole seconds (RFC 9110, 5.6.7). */
const DATE_UNIT_MS = 1_000;

/** How far the clock of the server at an address is ahead of ours, as the Date of its answer tells it, whatever it answers. */
export async function clockAt(
  url: string,
  request: Pick<FreshRequest, 'signal' | 'timeoutMs' | 'authorities' | 'transport'>,
): Promise<ClockBounds> {
  const told = await freshDate(url, request).catch(() => undefined);
  request.signal.throwIfAborted();
  return told
    ? { atLeastMs: told.says - told.knownAt, atMostMs: told.says + DATE_UNIT_MS - told.askedAt }
    : UNTOLD;
}

/** Whether a server told its clock at all. */
export function isTold({ atLeastMs }: ClockBounds): boolean {
  return atLeastMs > -Infinity;
}
