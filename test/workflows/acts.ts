import { AsyncLocalStorage } from 'node:async_hooks';
import { RefusalError } from '../../activities/errors/refusal-error';
import type { BoundSystems } from '../../activities/systems';
import { refusal } from '../../workflows/model/refusals';

/**
 * The functions of activities/steps that a test can look at and let fail, by file, with what a test calls each. They are
 * replaced where activities import them, so that an activity of several steps can fail between two.
 */
const files = {
  'next-tree': { createNextTree: 'createNextTree', retireNextTree: 'retireNextTree' },
  'next-release': { stage: 'stage', discard: 'discard', start: 'start', stop: 'stop', settle: 'settle' },
  writes: { hold: 'hold', sendToCurrent: 'sendToCurrent', expose: 'expose' },
  'current-tree': { freeze: 'freeze', allowWritesToCurrent: 'allowWritesToCurrent' },
  'next-tree-opening': { verifyAndOpen: 'verify' },
  'next-tree-closing': { closeNextTree: 'closeNextTree' },
  'critical-section': { goForward: 'forward' },
  'rolled-back': { lookBack: 'lookBack' },
  leftovers: { superseding: 'superseding' },
  'log-checks': { confirm: 'confirm', soak: 'soak' },
} as const;

type Named<File> = File extends Record<string, infer Act> ? Act : never;

/** One step of a rotation, or one undo of a step, as an activity does it. */
export type Act = Named<(typeof files)[keyof typeof files]>;

/** Everything that is undone when an exposure fails, in its order. */
export const undos: readonly Act[] = [
  ...(['closeNextTree', 'allowWritesToCurrent', 'sendToCurrent', 'stop'] as const),
  ...(['discard', 'retireNextTree', 'lookBack'] as const),
];

/** When something happens to an act: before it has any effect, or when it has had all of it. */
export type When = 'before' | 'after';

/** An act fails, so many times. */
export interface Fault {
  readonly act: Act;
  readonly when: When;
  readonly times: number;
}

/** Fails for good: more often than anything is tried. */
export const ALWAYS = 999;

/** What activities do in one test, and what goes wrong with it. */
export class Acts {
  /** Acts in the order of their beginnings. */
  readonly calls: Act[] = [];
  readonly faults: Fault[] = [];
  /** Runs when an act begins, and when it has had its effect. */
  onCall: (act: Act, when: When) => unknown = () => undefined;

  /** Lets an act fail. */
  fail(act: Act, when: When, times: number = ALWAYS): void {
    this.faults.push({ act, when, times });
  }

  /** Runs `what` when `act` is called for the first time from now on; the promise is fulfilled when it begins to run. */
  once(act: Act, what: () => unknown, when: When = 'before'): Promise<void> {
    return new Promise((resolve) => {
      const before = this.onCall;
      let ran = false;
      this.onCall = async (called, at) => {
        await before(called, at);
        if (called === act && at === when && !ran) {
          ran = true;
          resolve();
          await what();
        }
      };
    });
  }

  async act<Result>(act: Act, effect: () => Promise<Result>): Promise<Result> {
    this.calls.push(act);
    await this.onCall(act, 'before');
    this.#failIfAsked(act, 'before');
    const result = await effect();
    await this.onCall(act, 'after');
    this.#failIfAsked(act, 'after');
    return result;
  }

  #failIfAsked(act: Act, when: When): void {
    const position = this.faults.findIndex((fault) => fault.act === act && fault.when === when);
    const fault = this.faults[position];
    if (fault) {
      this.faults.splice(position, 1, ...(fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []));
      const reason = `the test lets ${act} fail ${when} its effect`;
      throw new RefusalError(refusal('INTERNAL', { step: act, reason }));
    }
  }
}

let acts = new Acts();

/** From here on activities act under these eyes. */
export function watchActs(watching: Acts): void {
  acts = watching;
}

type Step = (systems: BoundSystems, input: unknown) => Promise<unknown>;

/** What an act calls of others is a part of it; but going forward goes through steps. */
const inside = new AsyncLocalStorage<Act>();

function watched(act: Act, step: Step): Step {
  return (...all) => {
    const outer = inside.getStore();
    const effect = (): Promise<unknown> => inside.run(act, () => step(...all));
    return outer === undefined || outer === 'forward' ? acts.act(act, effect) : effect();
  };
}

for (const [file, names] of Object.entries(files)) {
  const path = `../../activities/steps/${file}`;
  jest.doMock(path, () => {
    const exports = { ...jest.requireActual<Record<string, Step>>(path) };
    for (const [name, act] of Object.entries<Act>(names)) {
      const step = exports[name];
      if (!step) {
        throw new Error(`activities/steps/${file} has no ${name}.`);
      }
      exports[name] = watched(act, step);
    }
    return exports;
  });
}
