import type { CheckReport } from '../load/check';
import type { Seen } from '../load/seen';

/** What clients saw of the scripted runbook, and what became of the entries that it acknowledged. Times in milliseconds. */
export interface RunbookSummary extends Seen, Omit<CheckReport, 'wrong'> {
  /** From the order to make the next tree until every pod served it. */
  readonly wholeMs: number;
  /** Its longest gap / the longest one of a rotation of the same run; rounded down, so that 5 is 5 at least. */
  readonly timesLonger: number;
}

/** How much shorter than the runbook's the longest gap of a rotation is to be. */
export const TIMES_SHORTER = 5;

/** Both by the same definition, in the same run; `rotations` has one at least. */
export function compared(
  rotations: readonly Seen[],
  runbook: { readonly seen: Seen; readonly wholeMs: number; readonly check: CheckReport },
): RunbookSummary {
  const { seen, wholeMs, check } = runbook;
  const longest = Math.max(...rotations.map(({ longestGapMs }) => longestGapMs));
  const { acknowledged, lostEntries, duplicateIndexes, proofsVerified } = check;
  return {
    ...seen,
    wholeMs: Math.round(wholeMs),
    timesLonger: Math.floor((10 * seen.longestGapMs) / longest) / 10,
    ...{ acknowledged, lostEntries, duplicateIndexes, proofsVerified },
  };
}
