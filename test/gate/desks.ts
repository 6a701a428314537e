import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { Hold } from '../../gate/hold';
import { Inquiry } from '../../gate/inquiry';
import type { OrderDesk } from '../../gate/order-desk';
import type { Order } from '../../gate/orders';
import type { PeerAnswer } from '../../gate/peers';
import { saveState, type SavedState } from '../../gate/state-file';
import { WriteCounts } from '../../gate/write-counts';
import { aDesk } from './a-desk';
import { TestClock, type Started } from './support';

/** Gates of one log without their servers: what they are told, what they save, and what they say to each other. */

export const CURRENT = ['http://current:1'];
export const NEXT = ['http://next:1'];

const log = pino({ level: 'silent' });

/** What a gate has saved that passes everything. */
export const passing = (
  number: number,
  instances: readonly string[],
  of: Partial<SavedState> = {},
): SavedState => ({
  ...{ mode: 'pass', instances, attemptId: `r/${number}`, number, shards: null },
  ...{ switching: 'no', leaseMs: 0, hold: null, ...of },
});

export class Desk {
  desk!: OrderDesk;
  /** Whether the other one is answered. */
  answers = true;
  /** What answers of the other one go through before they are read. */
  reads: (answers: readonly PeerAnswer[]) => Promise<readonly PeerAnswer[]> = (answers) =>
    Promise.resolve(answers);
  #starts = 0;

  constructor(
    readonly name: string,
    readonly file: string,
    readonly clock: TestClock,
    readonly other: () => Desk,
  ) {}

  /** A process of it starts from this state. */
  async start(saved: SavedState, informed = false): Promise<void> {
    await saveState(this.file, saved);
    const { clock, file } = this;
    const process = `${this.name} ${(this.#starts += 1)}`;
    const counts = new WriteCounts();
    const hold = new Hold({
      ...{ clock, maxWaitMs: 3_500, instances: saved.instances, informed, figures: null, counts },
      mode: saved.mode === 'hold' ? 'healing' : 'pass',
    });
    const ask = async (): Promise<readonly PeerAnswer[]> => {
      const { answers, desk } = this.other();
      const state = answers ? desk.tellPeer(process) : null;
      return await this.reads([{ url: 'http://other', state, words: '' }]);
    };
    const inquiry = new Inquiry({ ask, process, clock, log });
    this.desk = aDesk({ hold, counts, inquiry, file, clock, saved, process });
    this.answers = true;
    if (!informed) void this.desk.untilInformed();
  }

  /** `ok`, or why it is refused. */
  async told(kind: Order['kind'], number: number, more: object = {}): Promise<string> {
    const ruling = await this.desk.take({ kind, order: { attemptId: 'r/1', number, ...more } } as Order);
    return ruling.accepted ? 'ok' : ruling.code;
  }

  get is() {
    const { mode, informed, instances, number, switching } = this.desk.state();
    return { mode, informed, instances, number, switching };
  }
}

/** Two that pass by the same order, and their clock. */
export async function twoDesks(
  started: Started,
  number: number,
  instances: readonly string[],
): Promise<{ readonly clock: TestClock; readonly one: Desk; readonly two: Desk }> {
  const clock = new TestClock();
  const file = async () => join(await started.directory(), 'gate.json');
  const one: Desk = new Desk('one', await file(), clock, () => two);
  const two: Desk = new Desk('two', await file(), clock, () => one);
  for (const desk of [one, two]) await desk.start(passing(number, instances), true);
  return { clock, one, two };
}

/** Lets them ask each other for so long by their clock; files are written by the machine's. */
export async function askEachOther(clock: TestClock, forMs: number): Promise<void> {
  for (let at = 0; at < forMs; at += 10) {
    clock.advance(10);
    await pause(1);
    await turn();
  }
}
