import type { WriteStall } from './evidence';

/** How many writes the gate refused, and how many of these at once. */
export function refusedText({ refused, turnedAway = 0 }: WriteStall): string {
  const atOnce = turnedAway === 0 ? '' : `, ${turnedAway} of them at once for want of room`;
  return `${refused} refused${atOnce}`;
}
