import { holdAndFreeze, openAndExpose } from '../../../activities/steps/critical-section';
import { confirm } from '../../../activities/steps/log-checks';
import { notAsBefore } from '../../../activities/steps/rolled-back';
import { sendToCurrent } from '../../../activities/steps/writes';
import type { BoundSystems } from '../../../activities/systems';
import type { Release } from '../../../workflows/model/installation';
import { dryRun } from '../../../workflows/dry-run';
import { Journal } from '../../../workflows/journal';
import { planRotation } from '../../../workflows/model/plan';
import { sendsTo } from '../../../workflows/model/traffic';
import { aFoundLog } from '../../model/found-log';
import { addresses, FakeLog, inAnotherTry, order } from '../fake-log';
import { refused } from '../refused';
import { InMemory } from './in-memory';

const { signal } = new AbortController();

const instances = (name: string) =>
  [1, 2, 3].map((pod) => ({ name, url: `${addresses[name]}${pod}`, field: '' }));
const urls = (name: string): readonly string[] => instances(name).map(({ url }) => url);

/** A log before which nothing stands; its fence is kept here, and its releases have three instances each. */
function withoutGate(): { log: FakeLog; systems: BoundSystems; led: InMemory } {
  const log = new FakeLog();
  const fake = log.systems();
  const led = new InMemory(urls('blue'));
  const installation = {
    ...fake.installation,
    instances: ({ id }: Release) => Promise.resolve(instances(id)),
    addresses: ({ id }: Release) => Promise.resolve(urls(id)),
    serves: ({ id }: Release, serving: readonly string[]) => Promise.resolve(sendsTo(serving, urls(id))),
  };
  return { log, systems: { ...fake, traffic: led.traffic, installation }, led };
}

describe('a log without a gate', () => {
  it('counts no writes', async () => {
    const { systems } = withoutGate();
    expect(await systems.traffic.writes(signal)).toBeNull();
  });

  it('goes through the same steps, and back, with the same fence', async () => {
    const { log, systems, led } = withoutGate();
    const frozen = await holdAndFreeze(inAnotherTry(systems), order);
    expect(led).toMatchObject({ kept: { mode: 'hold', number: 7 }, instances: urls('blue') });
    await openAndExpose(inAnotherTry(systems), { ...order, frozen });
    expect(led).toMatchObject({
      kept: { mode: 'pass', number: 7, attemptId: 'r/1' },
      instances: urls('green'),
    });
    // The next tree is opened, with its handover leaf, before anybody is led there.
    // The next release starts meanwhile: nothing is in flight.
    expect(log.done).toContain('start green');
    expect(log.done.filter((change) => change !== 'start green')).toEqual([
      ...['200 DRAINING', '200 FROZEN', '300 ACTIVE', 'queueLeaf 300'],
    ]);

    // The log lives there by now.
    await sendToCurrent(systems, order);
    expect(led.kept.number).toBe(7);
    log.trees['300'] = { state: 'FROZEN', size: 1 };
    await sendToCurrent(systems, order);
    expect(led).toMatchObject({ kept: { number: 8, mode: 'pass' }, instances: urls('blue') });
    await refused(
      'GATE_ORDER_REFUSED',
      systems.traffic.hold({ attemptId: 'r/1', number: 7, leaseMs: 1 }, signal),
    );
  });

  it('ends what kept connections before anything of the next release is confirmed, and once', async () => {
    const { systems, led } = withoutGate();
    const frozen = await holdAndFreeze(inAnotherTry(systems), order);
    const { handover } = await openAndExpose(inAnotherTry(systems), { ...order, frozen });
    const verifier = {
      verify: () => {
        if (led.ended === 0) throw new Error('it is looked at over connections of before');
        return Promise.reject(new Error('it was looked at'));
      },
    };
    const input = { ...order, frozen, handover };
    for (let tries = 0; tries < 2; tries += 1) {
      const again = { ...systems, verifier } as unknown as BoundSystems;
      await expect(confirm(inAnotherTry(again), input)).rejects.toThrow('it was looked at');
    }
    expect(led.ended).toBe(1);
  });

  it('is not as before while clients of either release are sent elsewhere', async () => {
    const { log, systems, led } = withoutGate();
    log.trees['300'] = { state: 'FROZEN', size: 0, mark: order.identity };
    const looked = { ...order, froze: true };
    expect(await notAsBefore(systems, looked)).toEqual([]);
    const both = [...led.instances, `${addresses['green']}1`];
    await systems.traffic.send({ attemptId: 'someone', number: 7, instances: both }, signal);
    expect(await notAsBefore(systems, looked)).toEqual([
      { found: `clients are sent to ${both.join(', ')}`, wanted: 'clients to current' },
    ]);
  });

  it('says in the plan which writes fail, and how many to expect', async () => {
    const { systems } = withoutGate();
    const planned = { next: 'slot green at http://b', criticalSectionMs: 2_500 };
    const words = await systems.traffic.words({ ...planned, writesPerSecond: () => Promise.resolve(3.25) });
    const found = aFoundLog();
    const result = planRotation(
      { log: 'production' },
      { log: 'production', checks: [], found: { ...found, traffic: { ...found.traffic, words } } },
    );
    if (!('plan' in result)) throw new Error('it is refused');
    const waits = result.checks.find(({ code }) => code === 'WRITES_WAIT');
    expect(waits).toMatchObject({ state: 'warning', reason: 'WRITES_WILL_FAIL' });
    const text = waits?.found ?? '';
    for (const said of [
      'Nothing holds the writes of production in a rotation.',
      'with 500 from the closing of the current tree until the next one is open: for at most 2.5 s in each attempt.',
      'New connections may end at the former pods for 0.001 s more.',
      'Connections that clients keep open stay there until these pods have ended',
      'what is read over them lacks new entries',
      'Of late there were 3.3 writes a second: expect up to 25 to fail in each attempt.',
    ]) {
      expect(text).toContain(said);
    }
    expect(dryRun(result.plan, new Journal('production', 'r'))).toBeDefined();
    expect(words.hold).toContain('hold nothing: no gate stands before Rekor');
    expect(words.expose).toContain('by the selector of Service in memory');
    const few = await systems.traffic.words({ ...planned, writesPerSecond: () => Promise.resolve(null) });
    expect(few.fails).toContain('too few entries to say how many');
  });

  it('holds no longer than the lease says', async () => {
    const { systems } = withoutGate();
    await systems.traffic.hold({ attemptId: 'r/1', number: 7, leaseMs: -1 }, signal);
    expect((await systems.traffic.state(signal)).mode).toBe('healing');
  });
});

describe('orders to what leads clients', () => {
  const hold = { attemptId: 'r/1', number: 7, leaseMs: 60_000 };
  const send = { attemptId: 'r/1', number: 7, instances: ['http://b'] };
  const back = { attemptId: 'r/1', number: 8, instances: ['http://a'] };
  const led = () => new InMemory(['http://a']);

  it('may be broken off anywhere, are told by the fence until then, and come to the same end when repeated', async () => {
    for (const breaksAfterEffect of [false, true]) {
      for (let changes = 0; changes < 8; changes += 1) {
        const one = led();
        one.breaksAfterEffect = breaksAfterEffect;
        one.changesLeft = changes;
        const acts = [
          () => one.traffic.hold(hold, signal),
          () => one.traffic.send(send, signal),
          () => one.traffic.send(back, signal),
        ];
        for (const act of acts) {
          await act().catch(async () => {
            // Whoever finds it so and asks nobody else: an order that is done says so last.
            const { mode, number, instances } = await one.traffic.state(signal);
            if (mode === 'pass' && number === 7) expect(instances).toEqual(['http://b']);
            if (mode === 'pass' && number === 8) expect(instances).toEqual(['http://a']);
            one.changesLeft = Infinity;
            await act();
          });
        }
        expect(await one.traffic.state(signal)).toMatchObject({
          ...{ mode: 'pass', number: 8, attemptId: 'r/1', instances: ['http://a'] },
        });
      }
    }
  });

  it('are refused below a number that was followed, however far they had come', async () => {
    for (const position of [0, 1, 2]) {
      const one = led();
      await one.traffic.hold(hold, signal);
      let change = 0;
      one.before = async () => {
        one.before = change === position ? () => Promise.resolve() : one.before;
        if (change === position) await one.traffic.send(back, signal);
        change += 1;
      };
      await refused('GATE_ORDER_REFUSED', one.traffic.send(send, signal));
      expect(await one.traffic.state(signal)).toMatchObject({
        number: 8,
        mode: 'pass',
        instances: ['http://a'],
      });
    }
  });

  it.each([
    ['a hold', { kind: 'hold' }],
    ['a send', { kind: 'send' }],
  ])('refuse %s with a lower number, and change nothing', async (_, { kind }) => {
    const one = led();
    await one.traffic.send({ ...back, number: 9 }, signal);
    const before = { kept: one.kept, stamp: one.stamp, instances: one.instances };
    const late = kind === 'hold' ? one.traffic.hold(hold, signal) : one.traffic.send(send, signal);
    expect(await refused('GATE_ORDER_REFUSED', late)).toContain('Lease in memory refuses order 7');
    expect(one).toMatchObject(before);
  });

  it('take a hold no more that was ended by the order to send of its number', async () => {
    const one = led();
    await one.traffic.hold(hold, signal);
    await one.traffic.send(send, signal);
    await refused('GATE_ORDER_REFUSED', one.traffic.hold(hold, signal));
    expect(one.instances).toEqual(['http://b']);
  });

  it('end kept connections for a later order, too, and never for an earlier one', async () => {
    const one = led();
    await one.traffic.send(send, signal);
    await one.traffic.endKept({ attemptId: 'r/1', number: 6 }, signal);
    expect(one.ended).toBe(0);
    await one.traffic.endKept({ attemptId: 'r/1', number: 9 }, signal);
    await one.traffic.endKept({ attemptId: 'r/1', number: 9 }, signal);
    expect([one.ended, one.kept.number]).toEqual([1, 7]);
    await one.traffic.send({ ...send, number: 10 }, signal);
    await one.traffic.endKept({ attemptId: 'r/1', number: 10 }, signal);
    expect(one.ended).toBe(2);
  });
});
