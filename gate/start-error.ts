import type { Refusal } from '../workflows/model/refusals';

/** The gate cannot start; the words are the catalogue's (workflows/model/refusals.ts). */
export class GateStartError extends Error {
  readonly refusal: Refusal;

  constructor(found: Refusal, options?: ErrorOptions) {
    super(`${found.message} ${found.remedy}`, options);
    this.name = 'GateStartError';
    this.refusal = found;
  }
}
