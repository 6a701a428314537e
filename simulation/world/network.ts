import { runningActivity, type RunningActivity } from '../temporal/running-activity';
import type { Random } from '../random';
import { processes, type VirtualTime } from '../virtual-time';

/** A call from a worker to a system that it does not run itself. */
export interface RemoteCall {
  readonly system: 'trillian' | 'metrics' | 'queue' | 'rekor' | 'gate' | 'host' | 'temporal';
  readonly method: string;
  /** Whether it has an effect. */
  readonly changes: boolean;
  /** When its caller has no use for it any more, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** What becomes of a call. */
export type Delivery =
  | { readonly kind: 'normal' }
  /** It never arrives; its caller learns that the connection broke. */
  | { readonly kind: 'lost before' }
  /** It arrives, its answer does not. */
  | { readonly kind: 'lost after' }
  /** It arrives so much later, and its caller has given it up by then. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** It arrives so much later, and is answered. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** It is kept, and `land` lets it arrive long after every deadline. */
  | { readonly kind: 'kept'; readonly keep: (land: () => Promise<unknown>) => void };

/** No answer came. */
export class NoAnswer extends Error {
  /** Whether it may have had its effect, or may yet. */
  readonly sent: boolean;

  constructor(reason: string, sent: boolean) {
    super(reason);
    this.name = 'NoAnswer';
    this.sent = sent;
  }
}

export interface NetworkParts {
  readonly time: VirtualTime;
  readonly random: Random;
  /** What becomes of this call of this activity; activities that nobody aims at get `normal`. */
  readonly deliver: (call: RemoteCall, by: RunningActivity | undefined) => Delivery;
  readonly trace: (line: () => string) => void;
}

/** After a deadline a server may still have finished what it had begun, so much later at most. */
export const LANDS_AFTER_DEADLINE_MS = 40;

/** Carries calls, with their times and faults. What was sent arrives whether or not its sender still lives. */
export class Network {
  readonly #parts: NetworkParts;
  readonly #down = new Map<RemoteCall['system'], number>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** Nobody answers there until then; connections are refused. */
  takeDown(system: RemoteCall['system'], forMs: number): void {
    this.#down.set(system, this.#parts.time.now + forMs);
  }

  isDown(system: RemoteCall['system']): boolean {
    return (this.#down.get(system) ?? 0) > this.#parts.time.now;
  }

  /**
   * Sends a call. `effect` runs where it arrives, and is told until when it may have its effect. Rejects with `NoAnswer`, with the signal's reason when that is aborted,
   * or with what `effect` threw.
   */
  send<Result>(call: RemoteCall, effect: (landsUntil: number) => Result | Promise<Result>): Promise<Result> {
    const { time, random, trace } = this.#parts;
    const owner = processes.getStore();
    const by = runningActivity.getStore();
    const delivery = this.#parts.deliver(call, by);
    if (delivery.kind !== 'normal' || call.changes) {
      trace(
        () =>
          `  ${by?.type ?? '?'}: ${call.system} ${call.method}${delivery.kind === 'normal' ? '' : ` [${delivery.kind}${'delayMs' in delivery ? ` ${Math.round(delivery.delayMs)} ms` : ''}]`}`,
      );
    }
    return new Promise<Result>((resolve, reject) => {
      const settle = (how: () => void): void => {
        call.signal.removeEventListener('abort', aborted);
        timeout.cancel();
        how();
      };
      const aborted = (): void => {
        settle(() =>
          reject(call.changes ? new NoAnswer('the caller gave up', true) : abortReason(call.signal)),
        );
      };
      const timeout = time.after(
        Math.max(call.deadline - time.now, 0),
        () => settle(() => reject(new NoAnswer(`no answer to ${call.method} in time`, true))),
        owner,
      );
      if (call.signal.aborted) {
        settle(() => reject(abortReason(call.signal)));
        return;
      }
      call.signal.addEventListener('abort', aborted, { once: true });
      const fail = (reason: string, sent: boolean): void => {
        time.after(random.between(0.3, 2), () => settle(() => reject(new NoAnswer(reason, sent))), owner);
      };
      if (this.isDown(call.system)) {
        fail('connection refused', false);
        return;
      }
      if (delivery.kind === 'lost before') {
        // A caller of something that changes cannot tell whether it arrived.
        fail('connection reset', call.changes && random.chance(0.5));
        return;
      }
      if (delivery.kind === 'kept') {
        fail('connection reset', true);
        delivery.keep(async () => effect(Infinity));
        return;
      }
      if (delivery.kind === 'late') {
        fail('connection reset', true);
      }
      const delay = 'delayMs' in delivery ? delivery.delayMs : 0;
      const arrive = (): void => {
        if (this.isDown(call.system)) {
          fail('connection reset', true);
          return;
        }
        // A command that is ended before it has begun does nothing.
        if (call.system === 'host' && call.signal.aborted) {
          return;
        }
        if (delivery.kind === 'late') {
          trace(() => `  late ${call.system} ${call.method} of ${by?.type ?? '?'} arrives`);
        }
        new Promise<Result>((done) => done(effect(call.deadline + LANDS_AFTER_DEADLINE_MS))).then(
          (result) => {
            if (delivery.kind === 'normal' || delivery.kind === 'slow') {
              time.after(random.between(0.2, 1), () => settle(() => resolve(result)), owner);
            } else if (delivery.kind === 'lost after') {
              fail('connection reset', true);
            }
          },
          (error: unknown) => {
            if (delivery.kind === 'normal' || delivery.kind === 'slow') {
              time.after(random.between(0.2, 1), () => settle(() => reject(asError(error))), owner);
            } else if (delivery.kind === 'lost after') {
              fail('connection reset', true);
            }
          },
        );
      };
      time.after(delay + random.between(0.2, 1), arrive, null);
    });
  }
}

function abortReason(signal: AbortSignal): Error {
  return asError(signal.reason);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
