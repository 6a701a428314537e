import { HoldGate, type Fault, type Held } from './exchange';

export interface Frequency {
  /** How often the rule fires; without it, every time ("fails for good"). */
  readonly times?: number;
  /** Leaves the first ones alone: 2 means that the second matching call is the first one chosen. */
  readonly fromNth?: number;
}

/** What can be done to the calls that a test has chosen. */
export interface Chosen<Answer> {
  /** Answers in place of the real system: no effect. */
  answer(answer: Answer): void;
  /** Lets the effect happen, then answers this instead. */
  answerAfter(answer: Answer): void;
  /** No effect and no answer. */
  drop(): void;
  /** The effect, but no answer. */
  dropAfter(): void;
  delay(ms: number): void;
  /** Holds the call before its effect. */
  hold(): Held;
  /** Holds the answer: the effect has happened. */
  holdAfter(): Held;
}

interface Rule<Call, Answer> {
  readonly matches: (call: Call) => boolean;
  readonly fault: Fault<Answer>;
  skip: number;
  left: number;
}

/** The rules that a test has given one proxy; the first that matches a call decides. */
export class FaultRules<Call, Answer> {
  #rules: Rule<Call, Answer>[] = [];

  when(matches: (call: Call) => boolean, frequency: Frequency = {}): Chosen<Answer> {
    const add = (fault: Fault<Answer>) => {
      this.#rules.push({
        matches,
        fault,
        skip: (frequency.fromNth ?? 1) - 1,
        left: frequency.times ?? Infinity,
      });
    };
    const hold = (kind: 'hold' | 'holdAfter'): Held => {
      const gate = new HoldGate();
      add({ kind, gate });
      return gate;
    };
    return {
      answer: (answer) => add({ kind: 'answer', with: answer }),
      answerAfter: (answer) => add({ kind: 'answerAfter', with: answer }),
      drop: () => add({ kind: 'drop' }),
      dropAfter: () => add({ kind: 'dropAfter' }),
      delay: (ms) => add({ kind: 'delay', ms }),
      hold: () => hold('hold'),
      holdAfter: () => hold('holdAfter'),
    };
  }

  /** The fault for this call, which uses up one firing of its rule. */
  faultFor(call: Call): Fault<Answer> | undefined {
    for (const rule of this.#rules) {
      if (rule.left <= 0 || !rule.matches(call)) {
        continue;
      }
      if (rule.skip > 0) {
        rule.skip -= 1;
        continue;
      }
      rule.left -= 1;
      return rule.fault;
    }
    return undefined;
  }

  /** Forgets every rule and lets held calls go. */
  clear(): void {
    for (const { fault } of this.#rules.splice(0)) {
      if (fault.kind === 'hold' || fault.kind === 'holdAfter') {
        fault.gate.release();
      }
    }
  }
}
