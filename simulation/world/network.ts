import { abortReason, pause } from '../../activities/bounds/waiting';
import { runningActivity, type RunningActivity } from '../temporal/running-activity';
import type { Random } from '../random';
import { processes, type VirtualTime } from '../virtual-time';

/** A call from a worker to a system that it does not run itself. */
export interface RemoteCall {
  readonly system:
    'trillian' | 'metrics' | 'queue' | 'rekor' | 'gate' | 'host' | 'cluster' | 'launcher' | 'temporal';
  /** Its address, where there are several. */
  readonly to?: string;
  readonly method: string;
  /** Whether it has an effect. */
  readonly changes: boolean;
  /** When its caller has no use for it any more, in milliseconds since the epoch; without, its signal says so alone. */
  readonly deadline?: number;
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
  readonly code: 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT';

  constructor(code: NoAnswer['code']) {
    super(`no answer: ${code}`);
    this.name = 'NoAnswer';
    this.code = code;
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
  readonly #cut = new Map<string, number>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** Nobody answers there until then; connections are refused. */
  takeDown(system: RemoteCall['system'], forMs: number): void {
    this.#down.set(system, this.#parts.time.now + forMs);
  }

  /** Nothing comes from there until then, and what is sent there arrives no sooner, if anybody waits for it. */
  cut(to: string, forMs: number): void {
    this.#cut.set(to, this.#parts.time.now + forMs);
  }

  #cutForMs({ to = '' }: RemoteCall): number {
    return Math.max((this.#cut.get(to) ?? 0) - this.#parts.time.now, 0);
  }

  isDown(system: RemoteCall['system']): boolean {
    return (this.#down.get(system) ?? 0) > this.#parts.time.now;
  }

  /** Waits until connections to a system are taken again; rejects at the deadline, and with the signal's reason. */
  async connected(system: RemoteCall['system'], deadline: number, signal: AbortSignal): Promise<void> {
    const { time } = this.#parts;
    for (let until = 0; (until = this.#down.get(system) ?? 0) > time.now;) {
      if (time.now >= deadline) {
        throw new NoAnswer('ETIMEDOUT');
      }
      await pause(Math.min(until, deadline) - time.now, signal);
    }
  }

  /**
   * Sends a call. `effect` runs where it arrives, and is told until when it may have its effect. Rejects with `NoAnswer`,
   * with the signal's reason when that is aborted, or with what `effect` threw.
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
        timeout?.cancel();
        how();
      };
      const aborted = (): void => {
        settle(() => reject(abortReason(call.signal)));
      };
      const { deadline } = call;
      const timeout =
        deadline === undefined
          ? undefined
          : time.after(deadline - time.now, () => settle(() => reject(new NoAnswer('ETIMEDOUT'))), owner);
      if (call.signal.aborted) {
        settle(() => reject(abortReason(call.signal)));
        return;
      }
      call.signal.addEventListener('abort', aborted, { once: true });
      const fail = (code: NoAnswer['code'] = 'ECONNRESET'): void => {
        time.after(random.between(0.3, 2), () => settle(() => reject(new NoAnswer(code))), owner);
      };
      if (this.isDown(call.system)) {
        fail('ECONNREFUSED');
        return;
      }
      if (delivery.kind === 'lost before') {
        fail();
        return;
      }
      if (delivery.kind === 'kept') {
        fail();
        delivery.keep(async () => effect(Infinity));
        return;
      }
      if (delivery.kind === 'late') {
        fail();
      }
      const delay = 'delayMs' in delivery ? delivery.delayMs : 0;
      const arrive = (): void => {
        if (this.isDown(call.system)) {
          fail();
          return;
        }
        const cutForMs = this.#cutForMs(call);
        if (cutForMs > 0) {
          time.after(cutForMs, () => !call.signal.aborted && arrive(), null);
          return;
        }
        // A command that is ended before it has begun does nothing.
        if (call.system === 'host' && call.signal.aborted) {
          return;
        }
        if (delivery.kind === 'late') {
          trace(() => `  late ${call.system} ${call.method} of ${by?.type ?? '?'} arrives`);
        }
        const answer = (how: () => void): void => {
          if (delivery.kind === 'normal' || delivery.kind === 'slow') {
            time.after(this.#cutForMs(call) + random.between(0.2, 1), () => settle(how), owner);
          } else if (delivery.kind === 'lost after') {
            fail();
          }
        };
        new Promise<Result>((done) => done(effect((deadline ?? Infinity) + LANDS_AFTER_DEADLINE_MS))).then(
          (result) => answer(() => resolve(result)),
          (error: unknown) => answer(() => reject(asError(error))),
        );
      };
      time.after(delay + random.between(0.2, 1), arrive, null);
    });
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
