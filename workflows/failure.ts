import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import { kindOfError } from './model/error-kind';
import { cutFor } from './model/fitting';
import { isOfInput, refusal, refusalCodes, type Refusal, type RefusalCode } from './model/refusals';
import type { KeptStep, StepsOfFailure, StepTimes } from './model/steps';

/**
 * The failure that carries a refusal across Temporal; never retried by Temporal itself. The Temporal UI shows its message
 * and its stack, so it has none: where a refusal is thrown in our sources says nothing to whoever sent an Update.
 */
export function failed(reason: Refusal, message = reason.message): ApplicationFailure {
  const carried = {
    ...reason,
    message: cutFor('failure', reason.message),
    remedy: cutFor('failure', reason.remedy),
  };
  const failure = ApplicationFailure.nonRetryable(cutFor('failure', message), carried.code, carried);
  failure.stack = '';
  return failure;
}

/**
 * Fails a workflow whose input was refused, so that the list of workflows shows it: everything that is wrong in one message,
 * since the Temporal UI shows no more. Does nothing where the log's state was refused.
 */
export function failForInput(refusals: readonly Refusal[]): void {
  const [first, ...others] = refusals;
  if (first && refusals.every(isOfInput)) {
    throw wrongInput([first, ...others]);
  }
}

/** The failure of a workflow whose input is wrong. */
export function wrongInput(refusals: readonly [Refusal, ...Refusal[]]): ApplicationFailure {
  const [first] = refusals;
  return failed(first, [...refusals.map(({ message }) => message), first.remedy].join(' '));
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
  if (error instanceof TerminatedFailure) {
    return refusal('TERMINATED', { step });
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

/** The run of the workflow that asked for an activity which failed, where it says so. */
export function runOf(error: unknown): string | undefined {
  return stepsOf(error)?.run;
}

/** Whether a command of the host may still run that an activity had begun. */
export function commandMayRun(error: unknown): boolean {
  return stepsOf(error)?.commandRuns === true;
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
