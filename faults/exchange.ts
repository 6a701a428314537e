/** One call that a proxy has taken in and not yet answered. */
export interface Exchange<Answer> {
  /** Makes the call to the real system; its effect happens here. */
  forward(): Promise<Answer>;
  answer(answer: Answer): void;
  /** Aborted when the caller has given up or is dead. */
  readonly callerLeft: AbortSignal;
}

/** What happens to a chosen call instead of simply passing; `After` means: once the real system has done its part. */
export type Fault<Answer> =
  | { readonly kind: 'answer' | 'answerAfter'; readonly with: Answer }
  | { readonly kind: 'drop' | 'dropAfter' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hold' | 'holdAfter'; readonly gate: HoldGate };

/** A call that a test holds in the middle. */
export interface Held {
  /** Resolved when the (first) chosen call is held; for `holdAfter` its effect has then happened. */
  readonly reached: Promise<void>;
  /** Lets it, and every later one that is chosen, go on. A call whose caller is dead is forgotten, as by a network. */
  release(): void;
}

/** Both ends of a `Held`. */
export class HoldGate implements Held {
  readonly reached: Promise<void>;
  readonly #released: Promise<void>;
  #reach: () => void = () => undefined;
  #release: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
    this.#released = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#release();
  }

  async wait(): Promise<void> {
    this.#reach();
    await this.#released;
  }
}

/** Carries one call through a fault, or straight through without one. Rejects when the real system cannot be called. */
export async function carry<Answer>(
  fault: Fault<Answer> | undefined,
  exchange: Exchange<Answer>,
): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      exchange.answer(await exchange.forward());
      return;
    case 'answer':
      exchange.answer(fault.with);
      return;
    case 'answerAfter':
      await exchange.forward();
      exchange.answer(fault.with);
      return;
    case 'drop':
      return;
    case 'dropAfter':
      await exchange.forward();
      return;
    case 'delay':
      await callerLeftWithin(fault.ms, exchange.callerLeft);
      await forwardUnlessLeft(exchange);
      return;
    case 'hold':
      await fault.gate.wait();
      await forwardUnlessLeft(exchange);
      return;
    case 'holdAfter': {
      const answer = await exchange.forward();
      await fault.gate.wait();
      exchange.answer(answer);
      return;
    }
  }
}

async function forwardUnlessLeft<Answer>(exchange: Exchange<Answer>): Promise<void> {
  if (!exchange.callerLeft.aborted) {
    exchange.answer(await exchange.forward());
  }
}

async function callerLeftWithin(ms: number, callerLeft: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    callerLeft.addEventListener('abort', done, { once: true });
  });
}
