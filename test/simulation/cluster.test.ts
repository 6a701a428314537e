import { Random } from '../../simulation/random';
import { VirtualTime } from '../../simulation/virtual-time';
import { SimulatedCluster } from '../../simulation/world/kubernetes/cluster';
import { STANDING } from '../../simulation/world/kubernetes/manifests';
import { Network } from '../../simulation/world/network';
import { SimulatedTrillian } from '../../simulation/world/trillian';

const CURRENT = '2222222222222222222';

/** A log in a cluster of the simulation, by another seed each: other shapes, other numbers of pods, other times. */
function clusterOf(seed: number) {
  const time = new VirtualTime();
  const random = new Random(seed);
  const trillian = new SimulatedTrillian({ time, random, onState: () => undefined });
  trillian.plant('1111111111111111111', 'FROZEN', ['{"a":1}']);
  trillian.plant(CURRENT, 'ACTIVE', ['{"b":1}', '{"b":2}']);
  const network = new Network({
    ...{ time, random, deliver: () => ({ kind: 'normal' }) as const, trace: () => undefined },
  });
  const cluster = new SimulatedCluster({
    ...{ log: 'lab', time, random, trillian, network, onSigned: () => undefined, trace: () => undefined },
    shards: { activeTreeId: CURRENT, inactiveTreeId: '1111111111111111111' },
    strategy: 'blue-green',
  });
  /** Lets time pass until this has ended. */
  const after = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    let outcome: (() => Result) | undefined;
    act().then(
      (result) => (outcome = () => result),
      (error: unknown) => {
        outcome = () => {
          throw error;
        };
      },
    );
    await time.run(() => outcome !== undefined);
    if (!outcome) throw new Error('it has not ended');
    return outcome();
  };
  return { cluster, time, after };
}

const seeds = Array.from({ length: 8 }, (_, seed) => [seed + 1]);

describe.each(seeds)('a simulated cluster, by seed %i', (seed) => {
  it('runs as many pods as its Deployment wants, and brings them back where they are lost', async () => {
    const { cluster, time, after } = clusterOf(seed);
    await after(() => cluster.begin());
    await after(() => time.pass(5_000));
    const wanted = cluster.processesOf(STANDING).length;
    expect(wanted).toBeGreaterThanOrEqual(1);
    expect(cluster.losePod(STANDING)).toBe(true);
    expect(cluster.processesOf(STANDING)).toHaveLength(wanted - 1);
    await after(() => time.pass(5_000));
    expect(cluster.processesOf(STANDING)).toHaveLength(wanted);
    await after(() => cluster.crash(STANDING, 200));
    await after(() => time.pass(5_000));
    expect(cluster.processesOf(STANDING)).toHaveLength(wanted);
    expect(cluster.pods.of(STANDING)).toHaveLength(wanted);
  });

  it('starts pods anew for another template alone, and never without one that serves', async () => {
    const { cluster, time, after } = clusterOf(seed);
    await after(() => cluster.begin());
    await after(() => time.pass(5_000));
    const before = cluster.pods.of(STANDING).map(({ name }) => name);
    cluster.deploy(STANDING, 1);
    await after(() => time.pass(5_000));
    expect(cluster.pods.of(STANDING).map(({ name }) => name)).toEqual(before);
    // Odd tenths of `edit` change the template.
    cluster.edit(STANDING, 0.07);
    let fewest = Infinity;
    for (let waited = 0; waited < 20_000; waited += 20) {
      await after(() => time.pass(20));
      fewest = Math.min(fewest, cluster.processesOf(STANDING).length);
    }
    expect(fewest).toBeGreaterThanOrEqual(1);
    expect(cluster.pods.of(STANDING)).toHaveLength(before.length);
    expect(cluster.pods.of(STANDING).filter(({ name }) => before.includes(name))).toEqual([]);
  });
});
