import type { Check } from '../../workflows/model/checks';
import type { PemFile } from '../clients/authorities';
import { clockAt, isTold, type ClockBounds } from '../clients/clock';
import { refuse } from '../errors/refusal-error';
import { examined } from './examined';

/** A server whose answers bear a Date. */
export interface ClockAddress {
  /** For people: "the signer at HOST:PORT". */
  readonly whose: string;
  readonly url: string;
}

/** How far two clocks may be apart before somebody is told, in milliseconds: a Date cannot show less than a second. */
const TOLERATED_MS = 1_000;

const TIMEOUT_MS = 2_000;

type Clock = ClockBounds & { readonly whose: string };

/**
 * All clocks of a log, held against each other. Times that different hosts write are compared by everybody who reads the log,
 * and windows of schedules are those of this machine.
 *
 * @param clockDifferenceMs how far the configuration says that they may be apart.
 */
export async function examineClocks(
  addresses: readonly ClockAddress[],
  clockDifferenceMs: number,
  { signal, authorities }: { readonly signal: AbortSignal; readonly authorities?: PemFile | undefined },
): Promise<Check[]> {
  const mostMs = Math.max(TOLERATED_MS, clockDifferenceMs);
  return await examined('CLOCKS_AGREE', 'warning', async () => {
    const asked = await Promise.all(
      addresses.map(async ({ whose, url }): Promise<Clock> => ({
        whose,
        ...(await clockAt(url, { signal, timeoutMs: TIMEOUT_MS, authorities })),
      })),
    );
    const clocks: readonly Clock[] = [
      { whose: 'this machine', atLeastMs: 0, atMostMs: 0 },
      ...asked.filter(isTold),
    ];
    const ahead = clocks.reduce((one, other) => (other.atLeastMs > one.atLeastMs ? other : one));
    const behind = clocks.reduce((one, other) => (other.atMostMs < one.atMostMs ? other : one));
    const byMs = Math.round(ahead.atLeastMs - behind.atMostMs);
    if (byMs > mostMs) {
      throw refuse('CLOCKS_DIFFER', { ahead: ahead.whose, behind: behind.whose, byMs, mostMs });
    }
    return { clocks: clocks.map(({ whose }) => whose), mostMs };
  });
}
