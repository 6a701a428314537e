import { refusal, type Refusal, type RefusalCode } from '../workflows/model/refusals';

type Found<Code extends RefusalCode> = Parameters<typeof refusal<Code>>[1];

/** An error whose words come from the catalogue; activities/index.ts turns it into what crosses Temporal. */
export class RefusalError extends Error {
  readonly refusal: Refusal;

  constructor(refusalFound: Refusal, options?: ErrorOptions) {
    super(`${refusalFound.message} ${refusalFound.remedy}`, options);
    this.name = 'RefusalError';
    this.refusal = refusalFound;
  }
}

/** Makes the error for a code of the catalogue and what was found. */
export function refuse<Code extends RefusalCode>(
  code: Code,
  found: Found<Code>,
  cause?: unknown,
): RefusalError {
  return new RefusalError(refusal(code, found), cause === undefined ? undefined : { cause });
}
