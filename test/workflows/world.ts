import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Changes, Observations } from '../../workflows/model/changes';
import { refusal } from '../../workflows/model/refusals';
import type { FrozenTree, Handover, WriteStall } from '../../workflows/model/rotation';
import { aFoundLog } from './found-log';

/** What can fail: every activity, or every step of one that does several. */
export type Act =
  | Exclude<keyof Changes, 'holdAndFreeze' | 'openAndExpose'>
  | 'hold'
  | 'start'
  | 'freeze'
  | 'verify'
  | 'expose';

/** As a real activity does: shows signs of life, and hears of a Cancel by them. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  for (;;) {
    context.heartbeat();
    await context.sleep(50);
  }
}

/** One fault: an activity fails before or after its effect, some times or always. */
export interface Fault {
  readonly act: Act;
  readonly when: 'before' | 'after';
  readonly times: number;
}

/** Stands for Trillian, the slots and the gate in tests of the saga alone: what is there, and what was done. */
export class World {
  readonly trees = new Map<string, 'ACTIVE' | 'DRAINING' | 'FROZEN'>([
    ['100', 'FROZEN'],
    ['200', 'ACTIVE'],
  ]);
  readonly marked: string[] = [];
  staged = false;
  running = new Set(['blue']);
  holding = false;
  upstream = 'blue';
  standing = 'blue';
  /** Leaves of the next tree: the handover, then what the public wrote. */
  nextLeaves: ('handover' | 'public')[] = [];
  readonly calls: string[] = [];
  readonly faults: Fault[] = [];
  /** Runs when an activity is called, before its effect. */
  onCall: (act: string) => void | Promise<void> = () => undefined;

  /** What must be as before when a rotation was rolled back; retired trees and timestamps are not part of it. */
  cleanSlate(): object {
    return {
      trees: [...this.trees].filter(([treeId]) => !this.marked.includes(treeId)),
      retired: this.marked.map((treeId) => this.trees.get(treeId)).filter((state) => state !== 'FROZEN'),
      staged: this.staged,
      running: [...this.running].sort(),
      holding: this.holding,
      upstream: this.upstream,
      standing: this.standing,
    };
  }

  activities(): Changes & Observations {
    const frozen: FrozenTree = { treeId: '200', size: 20, rootHash: 'b'.repeat(64), proof: ['queue empty'] };
    const handover: Handover = { text: '200 20', leafHash: 'd'.repeat(64), integratedInMs: 80 };
    const writes: WriteStall = {
      stallMs: 400,
      longestWaitMs: 390,
      held: 8,
      refused: 0,
      recovered: 0,
      dropped: 0,
    };
    const next = (): string => this.marked.at(-1) ?? 'none';
    return {
      preflight: (request) => Promise.resolve({ log: request.log, refusals: [], found: aFoundLog() }),
      lockHolder: () => Promise.resolve(null),
      createNextTree: this.#act('createNextTree', ({ attempt }) => {
        const treeId = `next-${attempt}`;
        if (!this.trees.has(treeId)) {
          this.marked.push(treeId);
        }
        this.trees.set(treeId, 'DRAINING');
        this.nextLeaves = [];
        return treeId;
      }),
      retireNextTree: this.#act('retireNextTree', ({ attempt }) => {
        if (this.trees.has(`next-${attempt}`)) {
          this.trees.set(`next-${attempt}`, 'FROZEN');
        }
      }),
      stage: this.#act('stage', () => {
        this.staged = true;
      }),
      discard: this.#act('discard', () => {
        this.staged = false;
        this.running.delete('green');
      }),
      holdAndFreeze: async () => {
        await this.#act('hold', () => {
          this.holding = true;
        })({});
        await this.#act('start', () => {
          this.running.add('green');
        })({});
        await this.#act('freeze', () => {
          this.trees.set('200', 'FROZEN');
        })({});
        return { frozen, times: { hold: 150, start: 10, freeze: 90 } };
      },
      releaseToCurrent: this.#act('releaseToCurrent', () => {
        this.holding = false;
        this.upstream = 'blue';
      }),
      allowWritesToCurrent: this.#act('allowWritesToCurrent', () => {
        if (this.trees.get(next()) === 'ACTIVE') {
          throw new Error('two trees would be ACTIVE');
        }
        this.trees.set('200', 'ACTIVE');
      }),
      stop: this.#act('stop', () => {
        this.running.delete('green');
      }),
      openAndExpose: async () => {
        await this.#act('verify', () => {
          if (this.trees.get('200') === 'ACTIVE') {
            throw new Error('two trees would be ACTIVE');
          }
          this.trees.set(next(), 'ACTIVE');
          if (this.nextLeaves.length === 0) {
            this.nextLeaves.push('handover');
          }
        })({});
        await this.#act('expose', () => {
          this.upstream = 'green';
          this.holding = false;
        })({});
        return { frozen, handover, times: { verify: 120, expose: 5 } };
      },
      closeNextTree: this.#act('closeNextTree', () => {
        this.trees.set(next(), 'FROZEN');
        const [first, second] = this.nextLeaves;
        return second === undefined ? (first === undefined ? 'nothing' : 'handover') : 'public entries';
      }),
      confirm: this.#act('confirm', () => ({
        entriesVerified: 42,
        proofsVerified: 42,
        checkpointsVerified: 3,
        shards: [],
        withoutBundle: 0,
      })),
      settle: this.#act('settle', () => {
        this.standing = 'green';
        this.running.delete('blue');
      }),
      soak: this.#act('soak', () => writes),
    };
  }

  #act<Order, Result>(act: Act, effect: (order: Order) => Result): (order: Order) => Promise<Result> {
    const undos: readonly Act[] = [
      'retireNextTree',
      'discard',
      'releaseToCurrent',
      'allowWritesToCurrent',
      'stop',
      'closeNextTree',
    ];
    return async (order) => {
      this.calls.push(act);
      await this.onCall(act);
      this.#fail(act, 'before', undos.includes(act));
      const result = effect(order);
      this.#fail(act, 'after', undos.includes(act));
      return result;
    };
  }

  #fail(act: Act, when: Fault['when'], retryable: boolean): void {
    const position = this.faults.findIndex((fault) => fault.act === act && fault.when === when);
    const fault = this.faults[position];
    if (!fault) {
      return;
    }
    if (fault.times > 1) {
      this.faults[position] = { ...fault, times: fault.times - 1 };
    } else {
      this.faults.splice(position, 1);
    }
    const reason = refusal('INTERNAL', { step: act, reason: `the test lets it fail ${when} its effect` });
    throw ApplicationFailure.create({
      message: reason.message,
      type: reason.code,
      nonRetryable: !retryable,
      details: [reason],
    });
  }
}
