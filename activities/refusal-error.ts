import { refusal, type Refusal, type RefusalCode } from '../workflows/model/refusals';
import type { StepTimes } from '../workflows/model/rotation';

type Found<Code extends RefusalCode> = Parameters<typeof refusal<Code>>[1];

/** An error whose words come from the catalogue; activities/index.ts turns it into what crosses Temporal. */
export class RefusalError extends Error {
  readonly refusal: Refusal;
  /** Of an activity of several steps: those that it had done, and how long they took. */
  times: StepTimes = {};

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
