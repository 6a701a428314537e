import type { SignedEvidence } from './signed-evidence';

/**
 * Temporal's server *terminates* a workflow that sets a longer value, and then nothing is undone. These are its limits, with
 * room for what is around the value (server 1.29: 2,048 bytes for a Keyword, 2 MiB for a payload). Bytes.
 */
const LIMITS = {
  keyword: 1_000,
  summary: 400,
  failure: 8_000,
  evidence: 100_000,
  planFile: 400_000,
  result: 1_500_000,
} as const;

/** Cuts a text to what its place holds. */
export function cutFor(place: 'keyword' | 'summary' | 'failure', text: string): string {
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

/** A result that is too long leaves out what can be read elsewhere: the plan, then the checks; then what a receipt needs. */
export function fitted<Result extends object>(result: Result): Result {
  return ['plan', 'checks', 'signed'].reduce(
    (left, field) => (fits(left, LIMITS.result) ? left : without(left, field)),
    result,
  );
}

/**
 * What was signed, as far as it has room: each rotation's history has it several times. The last instances are left out first.
 * Undefined where the log itself needs too much, by hundreds of shards or a huge first entry of a client.
 */
export function fittedEvidence(evidence: SignedEvidence): SignedEvidence | undefined {
  const { instances } = evidence;
  for (let kept = instances.length; kept >= 0; kept -= 1) {
    const left = {
      ...evidence,
      instances: instances.slice(0, kept),
      instancesLeftOut: evidence.instancesLeftOut + instances.length - kept,
    };
    if (fits(left, LIMITS.evidence)) {
      return left;
    }
  }
  return undefined;
}

/** A plan file goes through the history several times: with the request, with each look, and to the rotation. */
export function bytesOverPlanFile(file: unknown): { readonly bytes: number; readonly most: number } | null {
  const bytes = bytesOf(JSON.stringify([file]));
  return bytes > LIMITS.planFile ? { bytes, most: LIMITS.planFile } : null;
}

function without<Result extends object>(result: Result, left: string): Result {
  return Object.fromEntries(Object.entries(result).filter(([field]) => field !== left)) as Result;
}

function fits(value: unknown, most: number): boolean {
  return bytesOf(JSON.stringify(value)) <= most;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
