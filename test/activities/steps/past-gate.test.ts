import { refuse } from '../../../activities/errors/refusal-error';
import { waitForQuiet, type PastGateSeen } from '../../../activities/steps/past-gate';
import type { BoundSystems } from '../../../activities/systems';
import type { GateInsertion } from '../../../activities/traffic/insertion';
import type { CountedWrites } from '../../../activities/traffic/traffic';
import { someBounds } from '../fake-log';
import { refused } from '../refused';

const SINCE = '2026-11-28T00:00:00.000Z';

/** A gate and two Rekors that count, in a time of its own; `each` happens in each second. */
class Counting {
  now = 0;
  each: (second: number) => void = () => undefined;
  /** Called while Rekor is asked. */
  whileAsked: () => void = () => undefined;
  calls: CountedWrites['calls'] = { answered: 0, broken: 0 };
  since = SINCE;
  readonly rekor = new Map([
    ['one', 100],
    ['other', 7],
  ]);
  readonly seen: PastGateSeen[] = [];
  /** How often Rekor has been asked. */
  asked = 0;
  unreadable = false;

  past(writes: number): void {
    this.rekor.set('one', (this.rekor.get('one') ?? 0) + writes);
  }

  through(writes: number): void {
    this.past(writes);
    if (this.calls) this.calls = { ...this.calls, answered: this.calls.answered + writes };
  }

  async wait(quietForS = 60, withinS = 600) {
    const insertion: Partial<GateInsertion> = {
      answeredWrites: () => {
        this.asked += 1;
        if (this.unreadable) {
          const found = { log: 'production', instance: 'one', url: 'u', reason: 'it is away' };
          return Promise.reject(refuse('REKOR_METRICS_UNREACHABLE', found));
        }
        const counts = new Map(this.rekor);
        this.whileAsked();
        return Promise.resolve(counts);
      },
    };
    const systems = {
      ...{ log: 'production', bounds: someBounds(), insertion },
      traffic: {
        writes: () =>
          Promise.resolve({ since: [this.since], accepted: 0, failed: 0, callMs: null, calls: this.calls }),
      },
    } as unknown as BoundSystems;
    const clock = {
      now: () => this.now,
      pause: (ms: number) => {
        this.now += ms;
        if (this.now > 10_000_000) throw new Error('it waits for ever');
        this.each(this.now / 1_000);
        return Promise.resolve();
      },
    };
    return await waitForQuiet(
      systems,
      { quietForMs: quietForS * 1_000, forAtMostMs: withinS * 1_000 },
      (seen) => this.seen.push(seen),
      clock,
    );
  }
}

let counting: Counting;
beforeEach(() => (counting = new Counting()));

describe('whoever waits until nobody passes the gate', () => {
  it('is done when Rekor has answered for long enough just what the gate has sent', async () => {
    counting.each = () => counting.through(3);
    expect(await counting.wait()).toMatchObject({
      ...{ quiet: true, quietForMs: 60_000, passed: 0, throughGate: 180, tookMs: 60_000, unread: null },
    });
  });

  it('waits for a connection that is kept and seldom used, and says what passed over it', async () => {
    counting.each = (second) => {
      counting.through(2);
      if (second % 50 === 0 && second <= 200) counting.past(1);
    };
    expect(await counting.wait()).toMatchObject({ quiet: true, passed: 4, passedLately: 0, tookMs: 260_000 });
    expect(counting.seen.find(({ tookMs }) => tookMs === 205_000)).toMatchObject({
      ...{ passed: 4, passedLately: 2, quietForMs: 5_000 },
    });
  });

  it('gives up in the end, with what still passes', async () => {
    counting.each = () => counting.past(1);
    expect(await counting.wait(60, 120)).toMatchObject({
      ...{ quiet: false, passed: 120, passedLately: 60, throughGate: 0, tookMs: 120_000 },
    });
  });

  it('counts in a moment in which the gate sends nothing, and never in another', async () => {
    counting.each = () => counting.through(5);
    let between = 0;
    counting.whileAsked = () => {
      if ((between = (between + 1) % 3) !== 0) counting.through(1);
    };
    const end = await counting.wait(10);
    expect(end).toMatchObject({ quiet: true, passed: 0 });
    expect(counting.asked).toBe(3 * counting.seen.length);
  });

  it('does not take for quiet a gate that sends all the time', async () => {
    counting.whileAsked = () => counting.through(1);
    expect(await counting.wait(10, 30)).toMatchObject({ quiet: false, quietForMs: 0 });
  });

  it.each<[string, () => void]>([
    [
      'the gate begins anew',
      () => Object.assign(counting, { since: `${SINCE}Z`, calls: { answered: 0, broken: 0 } }),
    ],
    [
      'a pod of Rekor comes in the place of another',
      () => void (counting.rekor.delete('one'), counting.rekor.set('third', 0)),
    ],
    ['a call breaks, which Rekor may have counted', () => (counting.calls = { answered: 90, broken: 1 })],
  ])('begins to wait anew when %s', async (_, happens) => {
    counting.each = (second) => {
      if (second === 30) happens();
    };
    expect(await counting.wait()).toMatchObject({ quiet: true, passed: 0, tookMs: 90_000 });
  });

  it('begins to wait anew when nothing could be counted for a while, and says why', async () => {
    counting.each = (second) => (counting.unreadable = second >= 30 && second < 40);
    expect(await counting.wait()).toMatchObject({ quiet: true, tookMs: 100_000, unread: null });
    expect(counting.seen.some(({ unread }) => unread?.code === 'REKOR_METRICS_UNREACHABLE')).toBe(true);
    counting = new Counting();
    counting.unreadable = true;
    expect(await counting.wait(1, 5)).toMatchObject({
      quiet: false,
      unread: { code: 'REKOR_METRICS_UNREACHABLE' },
    });
  });

  it('is refused by a gate that does not count its calls', async () => {
    counting.calls = null;
    expect(await refused('GATE_COUNTS_NO_CALLS', counting.wait())).toContain('is of another version');
  });
});
