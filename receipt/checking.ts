import { NotProven } from '../activities/verification/not-proven';
import { failureMeanings, type Failure, type FailureCode } from './failures';

/** What was found so far in one receipt: each thing that does not hold, in the order in which it was looked at. */
export class Checking {
  readonly failures: Failure[] = [];

  add(code: FailureCode, where: string, what: string): void {
    this.failures.push({ code, where, what });
  }

  requires(holds: boolean, code: FailureCode, where: string, what: string): void {
    if (!holds) {
      this.add(code, where, what);
    }
  }

  /** What a proof gives; undefined where it does not hold. */
  proving<Result>(where: string, proof: () => Result): Result | undefined {
    try {
      return proof();
    } catch (error) {
      if (error instanceof NotProven && isFailureCode(error.code)) {
        this.add(error.code, where, error.words);
        return undefined;
      }
      throw error;
    }
  }
}

function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failureMeanings, code);
}
