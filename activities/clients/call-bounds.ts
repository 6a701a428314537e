import type { Refusal } from '../../workflows/model/refusals';
import { OwnWords } from '../errors/own-words';
import { RefusalError } from '../errors/refusal-error';

/** What bounds one call. */
export interface CallBounds {
  /** Ends the call; its reason becomes the error. */
  readonly signal: AbortSignal;
  /** Milliseconds from now; without, what the client takes for its server. */
  readonly timeoutMs?: number;
  /**
   * Wall-clock time, in milliseconds since the epoch, from which on nothing may be sent (H8). A signal is not
   * enough for that: the timer behind it fires late in a process that was stopped and continued.
   */
  readonly notAfter?: number;
  /** Gets every change that is sent, and keeps those without an answer. */
  readonly unanswered?: UnansweredChanges;
  /** Gets each command of the host while it runs: a process of its own, which outlives this one. */
  readonly commands?: RunningCommands;
}

/** Commands of the host that run. */
export interface RunningCommands {
  add(command: object): void;
  delete(command: object): void;
}

/** Those that were sent and not answered; a Set is one. */
export interface UnansweredChanges {
  add(change: UnansweredChange): void;
  delete(change: UnansweredChange): void;
}

/** A changing call that was sent and not answered. */
export interface UnansweredChange {
  /** The call's deadline, which the server was told, in milliseconds since the epoch. */
  readonly mayLandUntil: number;
}

/**
 * A changing call was sent and not answered: it may have had its effect, or have it until `mayLandUntil` (H8). To a person
 * it is a server that does not answer.
 */
export class CallOutcomeUnknown extends RefusalError implements UnansweredChange {
  /** @param mayLandUntil the call's deadline, in milliseconds since the epoch. */
  constructor(
    refusal: Refusal,
    readonly mayLandUntil: number,
    options?: ErrorOptions,
  ) {
    super(refusal, options);
    this.name = 'CallOutcomeUnknown';
  }
}

/** A call was not sent, because its time was over (H8): it has no effect, and the next try need not wait for it. */
export class CallTooLate extends OwnWords {
  /** @param call the method, or what else names it to a person. */
  constructor(call: string) {
    super(`${call} was not sent: its time was over`);
    this.name = 'CallTooLate';
  }
}

/**
 * When a call is over, in milliseconds since the epoch. Whole ones: a share of a try may have a fraction, and a server that is told
 * of it need not understand that.
 */
export function deadlineOf(bounds: CallBounds, defaultTimeoutMs: number): number {
  const ends = Date.now() + (bounds.timeoutMs ?? defaultTimeoutMs);
  return Math.floor(Math.min(ends, bounds.notAfter ?? Infinity));
}

/** Throws the signal's reason, or CallTooLate from the deadline on: nothing may be sent any more. */
export function throwIfOver(call: string, { signal }: Pick<CallBounds, 'signal'>, deadline: number): void {
  signal.throwIfAborted();
  if (Date.now() >= deadline) throw new CallTooLate(call);
}

/** Keeps a change among the unanswered ones of its bounds, from when it is sent until it is answered (H8). */
export interface TrackedChange {
  /** To be called when nothing is left to wait for: throws the signal's reason, or CallTooLate, and then nothing may be sent. */
  beforeSending(): void;
  /** Whether it was sent. Only then may it have an effect. */
  wasSent(): boolean;
  /** Its server has said what became of it. */
  answered(): void;
}

/**
 * @param call the method, or what else names it to a person.
 * @param deadline which the server is told, in milliseconds since the epoch.
 */
export function trackChange(call: string, bounds: CallBounds, deadline: number): TrackedChange {
  const change: UnansweredChange = { mayLandUntil: deadline };
  let isSent = false;
  return {
    beforeSending() {
      throwIfOver(call, bounds, deadline);
      isSent = true;
      bounds.unanswered?.add(change);
    },
    wasSent: () => isSent,
    answered() {
      bounds.unanswered?.delete(change);
    },
  };
}
