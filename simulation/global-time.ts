import { AsyncLocalStorage } from 'node:async_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import type { VirtualTime, Waiting } from './virtual-time';

/**
 * Puts virtual time under everything that asks for time in this program: the code that is simulated is the real one and
 * knows only the globals. For programs, or test files, that have them for themselves; it cannot be taken back.
 */

let clock: VirtualTime | undefined;
const RealDate = Date;

/** From here on the globals tell and wait for the time of this run. */
export function useTime(time: VirtualTime): void {
  clock = time;
}

function time(): VirtualTime {
  if (!clock) {
    throw new Error('No run has begun, so there is no time.');
  }
  return clock;
}

/** Replaces the globals; `useTime` says whose time they tell. */
export function replaceGlobalTime(): void {
  class VirtualDate extends RealDate {
    constructor(...parts: [] | [number | string | Date]) {
      super(...((parts.length === 0 ? [time().now] : parts) as [number]));
    }

    static override now(): number {
      return Math.floor(time().now);
    }
  }
  // The SDK tells dates by the name of their class.
  Object.defineProperty(VirtualDate, 'name', { value: 'Date' });
  const now = { value: () => time().elapsed };
  Object.assign(globalThis, {
    Date: VirtualDate,
    performance: Object.create(performance, { now }) as object,
    setTimeout: setVirtualTimeout,
    clearTimeout: clearVirtual,
    setInterval: setVirtualInterval,
    clearInterval: clearVirtual,
  });
  Object.assign(timers, {
    setTimeout: setVirtualTimeout,
    clearTimeout: clearVirtual,
    setInterval: setVirtualInterval,
    clearInterval: clearVirtual,
  });
  Object.assign(timersPromises, { setTimeout: wait });
}

class VirtualTimer {
  waiting: Waiting | undefined;

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.waiting?.cancel();
  }
}

type Callback = (...values: unknown[]) => void;

function setVirtualTimeout(act: Callback, ms = 0, ...values: unknown[]): VirtualTimer {
  const timer = new VirtualTimer();
  const asNow = AsyncLocalStorage.snapshot();
  timer.waiting = time().after(ms, () => asNow(act, ...values));
  return timer;
}

function setVirtualInterval(act: Callback, ms = 1, ...values: unknown[]): VirtualTimer {
  const timer = new VirtualTimer();
  const asNow = AsyncLocalStorage.snapshot();
  const again = (): void => {
    timer.waiting = asNow(() =>
      time().after(ms, () => {
        again();
        asNow(act, ...values);
      }),
    );
  };
  again();
  return timer;
}

function clearVirtual(timer?: VirtualTimer): void {
  timer?.waiting?.cancel();
}

function wait<Value>(
  ms: number,
  value?: Value,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Value | undefined> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      waiting.cancel();
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const waiting = time().after(ms, () => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    });
    if (signal?.aborted) {
      aborted();
    } else {
      signal?.addEventListener('abort', aborted, { once: true });
    }
  });
}
