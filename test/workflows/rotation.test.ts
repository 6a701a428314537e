import { startSagaServer, type SagaServer } from './saga-server';
import { untilCancelled, World, type Act } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
}, 600_000);

afterAll(async () => {
  await server.close();
}, 30_000);

jest.setTimeout(60_000);

/** Fails for good: more often than a rotation has attempts and an activity has tries. */
const ALWAYS = 99;

const beforeNoReturn: readonly Act[] = ['createNextTree', 'stage', 'hold', 'start', 'freeze', 'verify'];

function inOneAttempt(world: World): World {
  const activities = world.activities.bind(world);
  world.activities = () => ({
    ...activities(),
    preflight: async (request) => {
      const facts = await activities().preflight(request);
      return facts.found
        ? { ...facts, found: { ...facts.found, timing: { ...facts.found.timing, attempts: 1 } } }
        : facts;
    },
  });
  return world;
}

describe('a rotation', () => {
  it('ends completed, with the next tree alone ACTIVE', async () => {
    const world = new World();
    const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
    expect(result).toMatchObject({
      outcome: 'completed',
      attempts: 1,
      nextTree: { treeId: 'next-1', firstIndex: 30 },
    });
    expect(result.steps.map((step) => step.name)).toEqual(
      expect.arrayContaining([
        'createTree',
        'stage',
        'hold',
        'start',
        'freeze',
        'verify',
        'expose',
        'confirm',
        'settle',
        'soak',
      ]),
    );
    expect([...world.trees].filter(([, state]) => state === 'ACTIVE')).toEqual([['next-1', 'ACTIVE']]);
    expect(world.upstream).toBe('green');
    expect(world.standing).toBe('green');
  });

  it.each(beforeNoReturn.flatMap((act) => [[act, 'before'] as const, [act, 'after'] as const]))(
    'leaves everything as before when %s fails %s its effect',
    async (act, when) => {
      const world = inOneAttempt(new World());
      const before = world.cleanSlate();
      world.faults.push({ act, when, times: ALWAYS });
      const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
      expect(result.outcome).toBe('rolledBack');
      expect(result.reason).toContain(act);
      expect(world.cleanSlate()).toEqual(before);
    },
  );

  it.each([
    'closeNextTree',
    'allowWritesToCurrent',
    'releaseToCurrent',
    'stop',
    'discard',
    'retireNextTree',
  ] as const)(
    'leaves everything as before when the undo %s fails after its effect and runs twice',
    async (act) => {
      const world = inOneAttempt(new World());
      const before = world.cleanSlate();
      world.faults.push({ act: 'expose', when: 'before', times: ALWAYS }, { act, when: 'after', times: 1 });
      const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
      expect(result.outcome).toBe('rolledBack');
      expect(world.calls.filter((call) => call === act)).toHaveLength(2);
      expect(world.cleanSlate()).toEqual(before);
    },
  );

  it('gives writes back before it stops the next release (H26)', async () => {
    const world = inOneAttempt(new World());
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
    const undos = world.calls.slice(world.calls.indexOf('expose') + 1);
    expect(undos).toEqual([
      'closeNextTree',
      'allowWritesToCurrent',
      'releaseToCurrent',
      'stop',
      'discard',
      'retireNextTree',
    ]);
  });

  it('takes a new tree after an attempt that may have used the first one (H3)', async () => {
    const world = new World();
    world.faults.push({ act: 'verify', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, nextTree: { treeId: 'next-2' } });
    expect(world.trees.get('next-1')).toBe('FROZEN');
  });

  it('keeps the tree of an attempt that was undone before (H3)', async () => {
    const world = new World();
    world.faults.push({ act: 'hold', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, nextTree: { treeId: 'next-1' } });
    expect(world.marked).toEqual(['next-1']);
  });

  it('goes forward when the next tree holds public entries (H6)', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'after', times: 1 });
    world.onCall = (act) => {
      if (act === 'closeNextTree') {
        world.nextLeaves.push('public');
      }
    };
    const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
    expect(result.outcome).toBe('completed');
    expect([...world.trees].filter(([, state]) => state === 'ACTIVE')).toEqual([['next-1', 'ACTIVE']]);
    expect(world.upstream).toBe('green');
  });

  it.each(beforeNoReturn)('is taken back by Cancel in %s', async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    const result = await server.withWorker(world, async ({ start, cancel }) => {
      const reached = new Promise<void>((resolve) => {
        world.onCall = async (called) => {
          if (called === act) {
            world.onCall = () => undefined;
            await cancel('production');
            resolve();
            await untilCancelled();
          }
        };
      });
      const handle = await start({ log: 'production' });
      await reached;
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(world.cleanSlate()).toEqual(before);
  });

  it('is taken back when the workflow that a person started is cancelled', async () => {
    const world = new World();
    const before = world.cleanSlate();
    const result = await server.withWorker(world, async ({ start }) => {
      const handle = await start({ log: 'production' });
      await new Promise<void>((resolve) => {
        world.onCall = async (called) => {
          if (called === 'freeze') {
            world.onCall = () => undefined;
            await handle.cancel();
            resolve();
            await untilCancelled();
          }
        };
      });
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(world.cleanSlate()).toEqual(before);
  });

  it('is not taken back by Cancel once it is exposed', async () => {
    const world = new World();
    const result = await server.withWorker(world, async ({ start, cancel }) => {
      const handle = await start({ log: 'production' });
      await new Promise<void>((resolve) => {
        world.onCall = async (called) => {
          if (called === 'confirm') {
            await cancel('production');
            resolve();
          }
        };
      });
      return await handle.result();
    });
    expect(result.outcome).toBe('completed');
  });

  it('takes nothing back while a step that Temporal has given up can still act (H8)', async () => {
    const world = inOneAttempt(new World());
    const before = world.cleanSlate();
    world.onCall = async (called) => {
      if (called === 'freeze') {
        // No sign of life for longer than a second: given up, and taken back unless that waits. Then it acts.
        await new Promise((resolve) => setTimeout(resolve, 1_900));
      }
    };
    const result = await server.withWorker(world, ({ rotate }) => rotate({ log: 'production' }));
    expect(result.outcome).toBe('rolledBack');
    expect(world.calls.indexOf('allowWritesToCurrent')).toBeGreaterThan(world.calls.indexOf('freeze'));
    expect(world.cleanSlate()).toEqual(before);
  });

  it('takes back a critical section that was terminated', async () => {
    const world = inOneAttempt(new World());
    const before = world.cleanSlate();
    const result = await server.withWorker(world, async ({ start, environment }) => {
      world.onCall = async (called) => {
        if (called === 'verify') {
          world.onCall = () => undefined;
          await environment.client.workflow.getHandle('log/production/cut-over').terminate('by the test');
        }
      };
      return await (await start({ log: 'production' })).result();
    });
    expect(result.outcome).toBe('rolledBack');
    expect(world.cleanSlate()).toEqual(before);
  });

  it('goes on when the workflow that a person started is terminated (H22)', async () => {
    const world = new World();
    await server.withWorker(world, async ({ start, environment }) => {
      const handle = await start({ log: 'production' });
      await new Promise<void>((resolve) => {
        world.onCall = async (called) => {
          if (called === 'stage') {
            await handle.terminate('by the test');
            resolve();
          }
        };
      });
      const rotation: unknown = await environment.client.workflow.getHandle('log/production').result();
      expect(rotation).toMatchObject({ outcome: 'completed' });
    });
  });

  it('is refused while another one of the log runs, with the first one’s name (H22)', async () => {
    const world = new World();
    await server.withWorker(world, async ({ start, rotate, environment }) => {
      let goOn: () => void = () => undefined;
      const waits = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const reached = new Promise<void>((resolve) => {
        world.onCall = async (called) => {
          if (called === 'stage') {
            resolve();
            await waits;
          }
        };
      });
      const first = await start({ log: 'production' }, 'the-first');
      await reached;
      const { memo } = await environment.client.workflow.getHandle('log/production').describe();
      expect(memo).toMatchObject({ startedBy: 'the-first' });
      const second = await rotate({ log: 'production' });
      expect(second).toMatchObject({ outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
      goOn();
      expect((await first.result()).outcome).toBe('completed');
    });
  });

  it('is refused when the request cannot be meant so', async () => {
    const world = new World();
    const request = { log: 'production', dryrun: true } as unknown as { log: string };
    const result = await server.withWorker(world, ({ rotate }) => rotate(request));
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'REQUEST_INVALID' }] });
    expect(world.calls).toEqual([]);
  });
});

describe('a dry run', () => {
  it('says the steps of the real run in their order and does nothing', async () => {
    const [dry, real] = [new World(), new World()];
    const said = await server.withWorker(dry, ({ rotate }) => rotate({ log: 'production', dryRun: true }));
    const done = await server.withWorker(real, ({ rotate }) => rotate({ log: 'production' }));
    expect(dry.calls).toEqual([]);
    expect(said.outcome).toBe('planned');
    expect(new Set(said.steps.map((step) => step.name))).toEqual(
      new Set(done.steps.map((step) => step.name)),
    );
    for (const step of said.steps) {
      expect(step).toMatchObject({ kind: 'said' });
      expect(step.says?.length).toBeGreaterThan(0);
    }
  });
});
