import type { RotationResult } from './result';

/**
 * Temporal's server *terminates* a workflow that sets a longer value, and then nothing is undone. These are its limits, with
 * room for what is around the value (server 1.29: 2,048 bytes for a Keyword, 2 MiB for a payload). Bytes.
 */
const LIMITS = { keyword: 1_000, summary: 400, failure: 8_000, result: 1_500_000 } as const;

/** Cuts a text to what its place holds. */
export function cutFor(place: keyof typeof LIMITS, text: string): string {
  return cutToBytes(text, LIMITS[place]);
}

/** Cuts a text to so many bytes of UTF-8, between characters; what is cut ends in `…`. */
export function cutToBytes(text: string, most: number): string {
  if (bytesOf(text) <= most) {
    return text;
  }
  const kept: string[] = [];
  let left = most - bytesOf('…');
  for (const character of text) {
    left -= bytesOf(character);
    if (left < 0) {
      break;
    }
    kept.push(character);
  }
  return `${kept.join('')}…`;
}

/** A result that is too long leaves out what can be read elsewhere: the plan, then the checks. */
export function fitted(result: RotationResult): RotationResult {
  if (fits(result)) {
    return result;
  }
  const { plan, ...withoutPlan } = result;
  if (plan === undefined || fits(withoutPlan)) {
    return withoutPlan;
  }
  const { checks, ...bare } = withoutPlan;
  return checks === undefined ? withoutPlan : bare;
}

function fits(value: unknown): boolean {
  return bytesOf(JSON.stringify(value)) <= LIMITS.result;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
