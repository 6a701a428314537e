import { refusal, type Refusal, type RefusalCode } from '../../workflows/model/refusals';

type Facts<Code extends RefusalCode> = Parameters<typeof refusal<Code>>[1];

/** An error whose words come from the catalogue; activities/index.ts turns it into what crosses Temporal. */
export class RefusalError extends Error {
  constructor(
    readonly refusal: Refusal,
    options?: ErrorOptions,
  ) {
    super(`${refusal.message} ${refusal.remedy}`, options);
    this.name = 'RefusalError';
  }
}

/** What a look has found, or the refusal that kept it from that. */
export type FoundOrRefused<Found> =
  { readonly found: Found; readonly refusal: null } | { readonly found: null; readonly refusal: Refusal };

/** For looks whose refusals are said together with those of others, and not thrown. Any other error is thrown on. */
export async function foundOrRefused<Found>(look: () => Promise<Found>): Promise<FoundOrRefused<Found>> {
  try {
    return { found: await look(), refusal: null };
  } catch (error) {
    if (error instanceof RefusalError) {
      return { found: null, refusal: error.refusal };
    }
    throw error;
  }
}

/** Whether an error is the refusal with this code. */
export function isRefusal(error: unknown, code: RefusalCode): error is RefusalError {
  return error instanceof RefusalError && error.refusal.code === code;
}

/** What a call gives, or `otherwise` where it is refused with this code. Any other error is thrown on. */
export async function unlessRefused<Result, Otherwise>(
  code: RefusalCode,
  call: Promise<Result>,
  otherwise: Otherwise,
): Promise<Result | Otherwise> {
  try {
    return await call;
  } catch (error) {
    if (isRefusal(error, code)) {
      return otherwise;
    }
    throw error;
  }
}

/** Somebody else changed what was planned with. `expected` and `now` are words for a person. */
export function changedBySomeone(what: string, expected: string, now: string): RefusalError {
  return refuse('CHANGED_BY_SOMEONE', { what, expected, now });
}

/** Makes the error for a code of the catalogue and what was found. */
export function refuse<Code extends RefusalCode>(
  code: Code,
  found: Facts<Code>,
  cause?: unknown,
): RefusalError {
  return new RefusalError(refusal(code, found), cause === undefined ? undefined : { cause });
}
