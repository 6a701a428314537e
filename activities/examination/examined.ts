import {
  failedCheck,
  passedCheck,
  type Check,
  type CheckCode,
  type FoundBy,
} from '../../workflows/model/checks';
import type { RefusalCode } from '../../workflows/model/refusals';
import { isUnreachable } from '../bounds/retry-while-unreachable';
import { RefusalError } from '../errors/refusal-error';

/** Whether a refusal by a look stands against a rotation, or is a warning. */
export type Weight = 'refused' | 'warning';

/**
 * One check: right when the look throws nothing, else with the refusal that it throws. What cannot be reached is told by
 * preflight, and makes no second check here.
 */
export async function examined<Code extends CheckCode>(
  code: Code,
  weight: Weight | ((reason: RefusalCode) => Weight),
  look: () => Promise<FoundBy<Code>>,
): Promise<Check[]> {
  try {
    return [passedCheck(code, await look())];
  } catch (error) {
    if (!(error instanceof RefusalError)) {
      throw error;
    }
    const { refusal }: RefusalError = error;
    const weighs = weight instanceof Function ? weight(refusal.code) : weight;
    const isTold: boolean = isUnreachable(error);
    return isTold ? [] : [failedCheck(code, refusal, weighs)];
  }
}
