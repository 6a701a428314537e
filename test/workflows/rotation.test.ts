import type { RotationRequest } from '../../workflows/model/request';
import type { RotationResult } from '../../workflows/model/result';
import { atOnce, each } from './at-once';
import { startSagaServer, type SagaServer } from './saga-server';
import { ALWAYS, World, type Act, type Fault } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

const beforeNoReturn: readonly Act[] = ['createNextTree', 'stage', 'hold', 'start', 'freeze', 'verify'];

describe('a rotation', () => {
  it('ends completed, with the next tree alone ACTIVE', async () => {
    const world = new World();
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result).toMatchObject({
      outcome: 'completed',
      attempts: 1,
      nextTree: { treeId: 'next-1', firstIndex: 30 },
      interventions: [],
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
    expect(world.active()).toEqual(['next-1']);
    expect(world.gate.upstream).toBe('green');
    expect(world.standing).toBe('green');
  });

  it('is followed by another one of the same log, from its next tree on', async () => {
    const world = new World();
    const second = await server.withWorker(world, async ({ rotate }) => {
      await rotate();
      return await rotate();
    });
    expect(second).toMatchObject({ outcome: 'completed', nextTree: { treeId: 'next-2', firstIndex: 31 } });
    expect(world.slots.blue).toEqual({ active: 'next-2', inactive: ['100', '200', 'next-1'] });
  });

  const faults = beforeNoReturn.flatMap((act): [Act, Fault['when']][] => [
    [act, 'before'],
    [act, 'after'],
  ]);
  const failed = atOnce(faults, async (act, when) => {
    const world = new World();
    const before = world.cleanSlate();
    world.faults.push({ act, when, times: ALWAYS });
    return { world, before, result: await server.withWorker(world, ({ rotate }) => rotate()) };
  });
  it.each(faults)('leaves everything as before when %s fails %s its effect', async (act, when) => {
    const { world, before, result } = await failed(act, when);
    expect(result.outcome).toBe('rolledBack');
    expect(result.reason).toContain(act);
    expect(world.cleanSlate()).toEqual(before);
  });

  const undos = each<Act>(
    'closeNextTree',
    'allowWritesToCurrent',
    'sendToCurrent',
    'stop',
    'discard',
    'retireNextTree',
    'lookBack',
  );
  const repeated = atOnce(undos, async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS }, { act, when: 'after', times: 1 });
    return { world, before, result: await server.withWorker(world, ({ rotate }) => rotate()) };
  });
  it.each(undos)(
    'leaves everything as before when the undo %s fails after its effect and runs twice',
    async (act) => {
      const { world, before, result } = await repeated(act);
      expect(result.outcome).toBe('rolledBack');
      expect(world.calls.filter((call) => call === act)).toHaveLength(2);
      expect(world.cleanSlate()).toEqual(before);
    },
  );

  it('gives writes back before it stops the next release (H26)', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    await server.withWorker(world, ({ rotate }) => rotate());
    const undos = world.calls.slice(world.calls.indexOf('expose') + 1);
    expect(undos).toEqual([
      'closeNextTree',
      'allowWritesToCurrent',
      'sendToCurrent',
      'stop',
      'discard',
      'retireNextTree',
      'lookBack',
    ]);
  });

  it('takes a new tree after an attempt that may have used the first one (H3)', async () => {
    const world = new World({ attempts: 2 });
    world.faults.push({ act: 'verify', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, nextTree: { treeId: 'next-2' } });
    expect(world.state('next-1')).toBe('FROZEN');
  });

  it('keeps the tree of an attempt that was undone before (H3)', async () => {
    const world = new World({ attempts: 2 });
    world.faults.push({ act: 'hold', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, nextTree: { treeId: 'next-1' } });
    expect(world.marked().map(({ treeId }) => treeId)).toEqual(['next-1']);
  });
});

describe('what someone else changed before the hold', () => {
  const changes: Record<string, (world: World) => void> = {
    'the state of the current tree': (world) => world.setState('200', 'FROZEN'),
    'the state of the next tree': (world) => world.setState('next-1', 'FROZEN'),
    'the next slot, which runs': (world) => void world.running.add('green'),
    'the next slot, whose files are kept no more': (world) => void world.kept.delete('green'),
    'the gate, which sends elsewhere': (world) => void (world.gate.upstream = 'green'),
  };
  const rows = each(...Object.keys(changes));
  const ends = atOnce(rows, async (what) => {
    const world = new World();
    void world.once('stage', () => changes[what]?.(world), 'after');
    return { world, result: await server.withWorker(world, ({ rotate }) => rotate()) };
  });
  it.each(rows)('is left as it is found: %s', async (what) => {
    const { world, result } = await ends(what);
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CHANGED_BY_SOMEONE' }] });
    expect(world.calls).toEqual(['createNextTree', 'stage', 'discard', 'retireNextTree']);
    expect(world.state('200')).toBe(what === 'the state of the current tree' ? 'FROZEN' : 'ACTIVE');
    expect(world.gate.mode).toBe('pass');
  });
});

describe('the lock', () => {
  it('is not left by terminating the workflow that a person started (H22)', async () => {
    const world = new World();
    await server.withWorker(world, async ({ start, lock }) => {
      const starting = start();
      await world.once('stage', async () => {
        await (await starting).terminate('by the test');
      });
      expect(await lock.result()).toMatchObject({ outcome: 'completed' });
    });
  });

  it('refuses a second rotation while one of the log runs, with the first one’s name (H22)', async () => {
    const world = new World();
    await server.withWorker(world, async ({ start, rotate, lock }) => {
      let goOn: () => void = () => undefined;
      const waits = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const reached = new Promise<void>((resolve) => {
        void world.once('stage', async () => {
          resolve();
          await waits;
        });
      });
      const first = await start({}, 'the-first');
      try {
        await reached;
        const { memo } = await lock.describe();
        expect(memo).toMatchObject({ startedBy: 'the-first' });
        const second = await rotate();
        expect(second).toMatchObject({ outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
        expect(second.reason).toContain('the-first');
      } finally {
        goOn();
      }
      expect((await first.result()).outcome).toBe('completed');
    });
  });
});

describe('a request', () => {
  it('is refused when it cannot be meant so', async () => {
    const world = new World();
    const request = { dryrun: true } as unknown as RotationRequest;
    const result = await server.withWorker(world, ({ rotate }) => rotate(request));
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'REQUEST_INVALID' }] });
    expect(world.calls).toEqual([]);
  });

  it('is refused for a log that an interrupted rotation left half way', async () => {
    const world = new World();
    world.kept.set('green', { mark: 'r/1', before: world.slots.green });
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'LEFTOVERS' }] });
    expect(result.reason).toContain('recover');
    expect(world.calls).toEqual([]);
  });

  it('is answered with everything that was looked at, however the rotation ends', async () => {
    const [inOrder, leftHalfWay] = [new World(), new World()];
    leftHalfWay.kept.set('green', { mark: 'r/1', before: leftHalfWay.slots.green });
    const completed = await server.withWorker(inOrder, ({ rotate }) => rotate());
    const refused = await server.withWorker(leftHalfWay, ({ rotate }) => rotate());
    const statesOf = ({ checks = [] }: RotationResult) => checks.map(({ code, state }) => [code, state]);
    expect(completed.outcome).toBe('completed');
    expect(statesOf(completed)).toContainEqual(['NOTHING_LEFT_OVER', 'ok']);
    expect(statesOf(refused)).toEqual(
      expect.arrayContaining([
        ['NO_ROTATION_RUNS', 'ok'],
        ['CURRENT_TREE_ACTIVE', 'ok'],
        ['NOTHING_LEFT_OVER', 'refused'],
      ]),
    );
  });
});

describe('a dry run', () => {
  it('says the steps of the real run in their order and does nothing', async () => {
    const [dry, real] = [new World(), new World()];
    const said = await server.withWorker(dry, ({ rotate }) => rotate({ dryRun: true }));
    const done = await server.withWorker(real, ({ rotate }) => rotate());
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
