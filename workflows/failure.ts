import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import { refusal, refusalCodes, type Refusal, type RefusalCode } from './model/refusals';

/** The failure that carries a refusal across Temporal; never retried by Temporal itself. */
export function failed(reason: Refusal): ApplicationFailure {
  return ApplicationFailure.nonRetryable(reason.message, reason.code, reason);
}

/** Why a step failed, in the words of the catalogue, whatever was thrown. */
export function reasonOf(error: unknown, step: string): Refusal {
  if (isCancellation(error)) {
    return refusal('CANCELLED', { step });
  }
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) {
    return reasonOf(error.cause, step);
  }
  if (error instanceof ApplicationFailure && isRefusalCode(error.type)) {
    const [carried] = (error.details ?? []) as [Refusal?];
    if (carried) {
      return carried;
    }
  }
  if (error instanceof TimeoutFailure) {
    return refusal('INTERNAL', { step, reason: `it gave no sign of life in time (${error.timeoutType})` });
  }
  return refusal('INTERNAL', { step, reason: error instanceof Error ? error.message : String(error) });
}

function isRefusalCode(type: string | null | undefined): type is RefusalCode {
  return refusalCodes.some((code) => code === type);
}
