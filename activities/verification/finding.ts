import type { TreeId } from '../../workflows/model/log';
import { refuse, type RefusalError } from '../errors/refusal-error';
import type { FindingCode, NotProven } from './not-proven';

/** Of what something is said. */
export interface Place {
  /** In words, for example `Index 5 (leaf 0 of tree 12) of production at https://rekor.example`. */
  readonly where: string;
  readonly shard?: TreeId;
  /** Virtual index. */
  readonly index?: number;
  /** Entry id, once it is known: 80 hex digits. */
  readonly entry?: string;
}

/** One thing that a log serves and that does not hold. */
export interface Finding extends Place {
  readonly code: FindingCode;
  /** What does not hold, in words. */
  readonly what: string;
}

/** Says of what something does not hold. */
export function findingAt(place: Place, { code, words }: NotProven): Finding {
  return { code, what: words, ...place };
}

/** Is told of each finding, and may throw to end the verification with it. */
export type OnFinding = (finding: Finding, cause: unknown) => void;

/** A finding as the reason to go no further. */
export function refuseFinding({ where, what }: Finding, cause: unknown): RefusalError {
  return refuse('VERIFICATION_FAILED', { what: where, reason: what }, cause);
}

/**
 * For a rotation, which must not go on with what does not hold: ends with the first finding. A flaw of an earlier rotation
 * by hand is no reason to stop this one.
 */
export const stopAtFirst: OnFinding = (finding, cause) => {
  if (finding.code !== 'EARLIER_OVERLAP') {
    throw refuseFinding(finding, cause);
  }
};
