import { holdAndFreeze, openAndExpose } from '../../../activities/steps/critical-section';
import { notAsBefore } from '../../../activities/steps/rolled-back';
import { sendToCurrent } from '../../../activities/steps/writes';
import type { BoundSystems } from '../../../activities/systems';
import { noTraffic, type KeptFence } from '../../../activities/traffic/none';
import type { Release } from '../../../workflows/model/installation';
import { dryRun } from '../../../workflows/dry-run';
import { Journal } from '../../../workflows/journal';
import { planRotation } from '../../../workflows/model/plan';
import { aFoundLog } from '../../model/found-log';
import { addresses, FakeLog, inAnotherTry, order } from '../fake-log';
import { refused } from '../refused';

const { signal } = new AbortController();

/** A log before which nothing stands; its fence is kept here, and its releases have three instances each. */
function withoutGate(): { log: FakeLog; systems: BoundSystems; kept: () => KeptFence } {
  const log = new FakeLog();
  const fake = log.systems();
  const instances = (name: string) =>
    [1, 2, 3].map((pod) => ({ name, url: `${addresses[name]}${pod}`, field: '' }));
  let kept: KeptFence = {
    ...{ mode: 'pass', instances: instances('blue').map(({ url }) => url), attemptId: null, number: 0 },
    ...{ shards: null, heldUntilMs: 0 },
  };
  const traffic = noTraffic({
    read: () => Promise.resolve(kept),
    replace: (read, by) => {
      if (read !== kept) return Promise.reject(new Error('somebody was faster'));
      kept = by;
      return Promise.resolve();
    },
  });
  const installation = {
    ...fake.installation,
    instances: ({ id }: Release) => Promise.resolve(instances(id)),
    addresses: ({ id }: Release) => Promise.resolve(instances(id).map(({ url }) => url)),
  };
  return { log, systems: { ...fake, traffic, installation }, kept: () => kept };
}

describe('a log without a gate', () => {
  it('counts no writes', async () => {
    const { systems } = withoutGate();
    expect(await systems.traffic.writes(signal)).toBeNull();
  });

  it('goes through the same steps, and back, with the same fence', async () => {
    const { log, systems, kept } = withoutGate();
    const { frozen } = await holdAndFreeze(inAnotherTry(systems), order);
    expect(kept()).toMatchObject({ mode: 'hold', number: 7, instances: kept().instances });
    await openAndExpose(inAnotherTry(systems), { ...order, frozen });
    expect(kept()).toMatchObject({
      ...{ mode: 'pass', number: 7, attemptId: 'r/1', shards: { activeTreeId: '300' } },
      instances: [1, 2, 3].map((pod) => `${addresses['green']}${pod}`),
    });
    expect(log.done).toEqual(['start green', '200 DRAINING', '200 FROZEN', '300 ACTIVE', 'queueLeaf 300']);

    // The log lives there by now.
    await sendToCurrent(systems, order);
    expect(kept().number).toBe(7);
    log.trees['300'] = { state: 'FROZEN', size: 1 };
    await sendToCurrent(systems, order);
    expect(kept()).toMatchObject({
      number: 8,
      instances: [1, 2, 3].map((pod) => `${addresses['blue']}${pod}`),
    });
    await refused(
      'GATE_ORDER_REFUSED',
      systems.traffic.hold({ attemptId: 'r/1', number: 7, leaseMs: 1 }, signal),
    );
  });

  it('is not as before while clients of either release are sent elsewhere', async () => {
    const { log, systems, kept } = withoutGate();
    log.trees['300'] = { state: 'FROZEN', size: 0, mark: order.identity };
    const looked = { ...order, froze: true };
    expect(await notAsBefore(systems, looked)).toEqual([]);
    const both = [...kept().instances, `${addresses['green']}1`];
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
    expect(result.checks.find(({ code }) => code === 'WRITES_WAIT')).toMatchObject({ state: 'warning' });
    expect(result.checks.find(({ code }) => code === 'WRITES_WAIT')?.found).toBe(
      'Nothing holds the writes of production in a rotation. Rekor answers every write between the closing of the current tree and the opening of the ' +
        'next one with 500, for at most 2.5 s. Of late there were 3.3 writes a second: expect up to 9 to fail.',
    );
    expect(dryRun(result.plan, new Journal('production', 'r'))).toBeDefined();
    expect(words.hold).toContain('nothing can hold new writes');
    const few = await systems.traffic.words({ ...planned, writesPerSecond: () => Promise.resolve(null) });
    expect(few.fails).toContain('too few entries to say how many');
  });

  it('holds no longer than the lease says', async () => {
    const { systems } = withoutGate();
    await systems.traffic.hold({ attemptId: 'r/1', number: 7, leaseMs: -1 }, signal);
    expect((await systems.traffic.state(signal)).mode).toBe('healing');
  });
});
