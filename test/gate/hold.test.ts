import type { Client } from '../../gate/clients';
import { Hold, type Verdict, type WaitingWrite } from '../../gate/hold';
import { WriteCounts } from '../../gate/write-counts';
import { TestClock } from './support';

const A = ['http://a:1'];
const B = ['http://b:1'];

class TestClient implements Client {
  gone = false;
  #act: () => void = () => undefined;
  onGone(act: () => void): () => void {
    this.#act = act;
    return () => (this.#act = () => undefined);
  }
  leave(): void {
    this.gone = true;
    this.#act();
  }
}

function setting(): {
  clock: TestClock;
  hold: Hold;
  arrive: (client?: Client) => Promise<Verdict>;
  order: string[];
} {
  const clock = new TestClock();
  const hold = new Hold({
    clock,
    maxWaitMs: 3_500,
    instances: A,
    mode: 'pass',
    informed: true,
    figures: null,
    counts: new WriteCounts(),
  });
  const order: string[] = [];
  const arrive = async (client: Client = new TestClient()): Promise<Verdict> => {
    const write: WaitingWrite = { arrivedAt: clock.now(), client, streamed: false, keptBytes: 0 };
    const verdict = await hold.admit(write);
    order.push(`${write.arrivedAt} ${verdict.kind}`);
    return verdict;
  };
  return { clock, hold, arrive, order };
}

/** Lets everything that is settled be seen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('writes that wait', () => {
  it('wait for maxWait at most, however often the lease is renewed (H15)', async () => {
    const { clock, hold, arrive, order } = setting();
    hold.begin(1, 1_000, () => undefined);
    void arrive();
    for (let renewed = 0; renewed < 7; renewed += 1) {
      clock.advance(499);
      hold.begin(1, 1_000, () => undefined);
    }
    clock.advance(6);
    await settled();
    expect(order).toEqual([]);
    clock.advance(1);
    await settled();
    expect(order).toEqual(['0 refused']);
    expect(hold.mode).toBe('hold');
    expect(hold.record?.figures()).toMatchObject({
      held: 1,
      refused: 1,
      longestWaitMs: 3_500,
      stallMs: null,
    });
  });

  it('each have a maxWait of their own', async () => {
    const { clock, hold, arrive, order } = setting();
    hold.begin(1, 60_000, () => undefined);
    void arrive();
    clock.advance(2_000);
    void arrive();
    clock.advance(1_500);
    await settled();
    expect(order).toEqual(['0 refused']);
    hold.send(B);
    await settled();
    expect(order).toEqual(['0 refused', '2000 go']);
  });

  it('go in the order of their arrival, and before those that come after the hold', async () => {
    const { clock, hold, arrive } = setting();
    hold.begin(1, 60_000, () => undefined);
    const went: string[] = [];
    const watch = async (name: string): Promise<Verdict> => {
      const verdict = await arrive();
      went.push(name);
      return verdict;
    };
    const all = Array.from({ length: 600 }, (_, at) => watch(`${at}`));
    clock.advance(10);
    hold.send(B);
    const late = watch('late');
    await settled();
    // The 256 that may be under way at a time; the late one queues behind the others.
    expect(went).toEqual(Array.from({ length: 256 }, (_, at) => `${at}`));
    for (const each of all) {
      const verdict = await each;
      if (verdict.kind === 'go') verdict.pass.end();
    }
    await late;
    expect(went.slice(-2)).toEqual(['599', 'late']);
    expect(hold.counts()).toMatchObject({ writesInFlight: 1, writesWaiting: 0 });
  });

  it('let those that come after the hold go all at once when they have gone, however long each takes', async () => {
    const { clock, hold, arrive } = setting();
    hold.begin(1, 60_000, () => undefined);
    const held = Array.from({ length: 300 }, () => arrive());
    clock.advance(10);
    hold.send(B);
    const after = Array.from({ length: 600 }, () => arrive());
    await settled();
    expect(hold.counts()).toMatchObject({ writesInFlight: 256, writesWaiting: 644 });
    // As many of the first ones end as are needed to let the last of the held ones go.
    for (const each of held.slice(0, 44)) {
      const verdict = await each;
      if (verdict.kind === 'go') verdict.pass.end();
    }
    await Promise.all(after);
    expect(hold.counts()).toMatchObject({ writesInFlight: 856, writesWaiting: 0 });
  });

  it('are dropped when their client leaves, and never sent (H17)', async () => {
    const { hold, arrive, order } = setting();
    hold.begin(1, 60_000, () => undefined);
    const client = new TestClient();
    void arrive(client);
    client.leave();
    hold.send(B);
    await settled();
    expect(order).toEqual(['0 dropped']);
    expect(hold.counts().writesInFlight).toBe(0);
    expect(hold.record?.figures()).toMatchObject({ held: 1, dropped: 1, refused: 0 });
  });

  it('are dropped when their call broke and their client has left, also once nothing is held any more (H17)', () => {
    const { clock, hold } = setting();
    const client = new TestClient();
    const write: WaitingWrite = { arrivedAt: clock.now(), client, streamed: false, keptBytes: 0 };
    hold.begin(1, 60_000, () => undefined);
    hold.send(B);
    client.leave();
    expect(hold.keep(write)).toEqual({ kind: 'dropped' });
    expect(hold.counts().writesInFlight).toBe(0);
  });

  it('go to the instances that the gate had when the lease ends (H15)', async () => {
    const { clock, hold, arrive } = setting();
    let ended = 0;
    hold.begin(1, 1_000, () => (ended += 1));
    const write = arrive();
    clock.advance(1_000);
    expect(await write).toMatchObject({ kind: 'go', pass: { instances: A } });
    expect([hold.mode, ended]).toEqual(['healing', 1]);
  });

  it('wait no longer for a lease that is over when its timer is late, and nobody is informed by then (H16)', async () => {
    const { clock, hold, arrive, order } = setting();
    hold.begin(1, 1_000, () => hold.forget());
    void arrive();
    clock.pass(1_000);
    expect([hold.informed, hold.mode]).toEqual([false, 'healing']);
    hold.begin(1, 1_000, () => undefined);
    expect(hold.informed).toBe(false);
    clock.advance(1_000);
    expect(hold.mode).toBe('healing');
    hold.inform();
    await settled();
    expect(order).toEqual(['0 go']);
  });

  it('are not sent on after maxWait when the timer that should refuse them is late', async () => {
    const clock = new TestClock();
    const late = { now: () => clock.now(), after: () => () => undefined };
    const hold = new Hold({
      clock: late,
      maxWaitMs: 3_500,
      instances: A,
      mode: 'pass',
      informed: true,
      figures: null,
      counts: new WriteCounts(),
    });
    hold.begin(1, 60_000, () => undefined);
    const verdict = hold.admit({ arrivedAt: 0, client: new TestClient(), streamed: false, keptBytes: 0 });
    clock.advance(3_501);
    hold.send(B);
    expect(await verdict).toEqual({ kind: 'refused' });
  });
});

describe('what is counted', () => {
  it('counts a call as in flight from the pass to its end, once', async () => {
    const { hold, arrive } = setting();
    const verdict = await arrive();
    expect(hold.counts().writesInFlight).toBe(1);
    if (verdict.kind === 'go') {
      verdict.pass.end();
      verdict.pass.end();
    }
    expect(hold.counts().writesInFlight).toBe(0);
  });

  it('measures the stall from the first held write to the first acknowledgement of one that arrived since', () => {
    const { clock, hold, arrive } = setting();
    hold.begin(1, 60_000, () => undefined);
    clock.advance(100);
    void arrive();
    clock.advance(300);
    hold.record?.acknowledged(50, clock.now());
    expect(hold.record?.figures().stallMs).toBeNull();
    hold.send(B);
    clock.advance(150);
    hold.record?.acknowledged(100, clock.now());
    hold.record?.acknowledged(200, clock.now() + 50);
    expect(hold.record?.figures()).toMatchObject({ stallMs: 450, longestWaitMs: 300 });
  });

  it('measures on where another order holds what waits already, as the undo of a freeze does', () => {
    const { clock, hold, arrive } = setting();
    hold.begin(1, 60_000, () => undefined);
    clock.advance(100);
    void arrive();
    clock.advance(300);
    hold.begin(2, 60_000, () => undefined);
    expect(hold.record?.figures()).toMatchObject({ number: 2, held: 1 });
    hold.send(B);
    clock.advance(150);
    hold.record?.acknowledged(100, clock.now());
    expect(hold.record?.figures()).toMatchObject({ number: 2, held: 1, stallMs: 450 });
  });

  it('goes on where the same attempt holds again after its lease ended, and keeps the longer stall', async () => {
    const { clock, hold, arrive } = setting();
    hold.begin(1, 1_000, () => undefined);
    void arrive();
    clock.advance(1_000);
    await settled();
    hold.record?.acknowledged(0, clock.now() + 100);
    clock.advance(1_000);
    hold.begin(2, 60_000, () => undefined, true);
    void arrive();
    clock.advance(3_000);
    hold.send(A);
    await settled();
    hold.record?.acknowledged(2_000, clock.now() + 50);
    expect(hold.record?.figures()).toMatchObject({
      ...{ number: 2, held: 2, refused: 0, longestWaitMs: 3_000, stallMs: 3_050 },
    });
  });

  it('counts a stall from its first write where no write was acknowledged between two holds of an attempt', async () => {
    const { clock, hold, arrive } = setting();
    hold.begin(1, 1_000, () => undefined);
    void arrive();
    clock.advance(1_500);
    hold.begin(2, 60_000, () => undefined, true);
    clock.advance(1_000);
    hold.send(A);
    await settled();
    hold.record?.acknowledged(0, clock.now());
    expect(hold.record?.figures()).toMatchObject({ number: 2, held: 1, stallMs: 2_500 });
  });

  it('begins anew with a new number, and goes on with the same', async () => {
    const { hold, arrive } = setting();
    hold.begin(1, 60_000, () => undefined);
    void arrive();
    hold.begin(1, 60_000, () => undefined);
    expect(hold.record?.figures()).toMatchObject({ number: 1, held: 1 });
    hold.send(A);
    hold.begin(2, 60_000, () => undefined);
    await settled();
    expect(hold.record?.figures()).toMatchObject({ number: 2, held: 0 });
  });
});
