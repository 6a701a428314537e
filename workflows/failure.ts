import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import { kindOfError } from './model/error-kind';
import { refusal, refusalCodes, type Refusal, type RefusalCode } from './model/refusals';
import type { KeptStep, StepsOfFailure, StepTimes } from './model/steps';

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
    return refusal('NO_SIGN_OF_LIFE', { step, timeout: error.timeoutType ?? 'TIMEOUT' });
  }
  return refusal('INTERNAL', { step, reason: kindOfError(error) });
}

/** Which steps an activity of several had done when it failed or was cancelled, and how long they took. */
export function timesOf(error: unknown): StepTimes {
  return stepsOf(error)?.times ?? {};
}

/** Which steps an activity of several had begun when it failed or was cancelled; undefined when it could not say. */
export function beganOf(error: unknown): readonly KeptStep[] | undefined {
  return stepsOf(error)?.began;
}

function stepsOf(error: unknown): Partial<StepsOfFailure> | undefined {
  if (error instanceof ActivityFailure) {
    return stepsOf(error.cause);
  }
  const says = error instanceof ApplicationFailure || error instanceof CancelledFailure;
  const details = says ? (error.details ?? []) : [];
  return (details as [Refusal?, StepsOfFailure?])[1];
}

/**
 * Temporal has given an activity up, which does not end it: a worker that was stopped, or cut off from Temporal, may go
 * on with it until the end of its own time.
 */
export function mayStillRun(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}

/** A refusal that the activity itself calls final, or a Cancel. */
export function isFinal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return isCancellation(error) || (cause instanceof ApplicationFailure && cause.nonRetryable === true);
}

function isRefusalCode(type: string | null | undefined): type is RefusalCode {
  return refusalCodes.some((code) => code === type);
}
