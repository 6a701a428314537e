import { setTimeout as wait } from 'node:timers/promises';
import { atOnce, each } from './at-once';
import { startSagaServer, type Rotations, type SagaServer } from './saga-server';
import { ALWAYS, World, type Act, type Fault } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

/** Terminates the rotation in an act of it; its critical section is asked to cancel by that, and may still run. */
async function terminatedIn(world: World, rotations: Rotations, act: Act, when: Fault['when'] = 'before') {
  const starting = rotations.start();
  await world.once(
    act,
    async () => {
      await rotations.lock.terminate('by the test');
    },
    when,
  );
  await (await starting).result().catch(() => undefined);
}

/** Nothing of a rotation works any more: its worker and its Temporal are gone in the middle of it. */
async function lostAt(world: World, rotations: Rotations, act: Act): Promise<void> {
  const { start, lock, criticalSection } = rotations;
  const starting = start();
  await world.once(
    act,
    async () => {
      await lock.terminate('by the test');
      await criticalSection.terminate('by the test').catch(() => undefined);
      // What the test's activity does after this comes to no effect: the world stands still for it.
      world.faults.push(
        ...(['start', 'freeze', 'verify', 'expose'] as const).map((next) => ({
          act: next,
          when: 'before' as const,
          times: 1,
        })),
      );
    },
    'after',
  );
  await (await starting).result().catch(() => undefined);
  // What was under way has run into them; whatever begins now shall succeed.
  await world.quiet();
  world.faults.length = 0;
}

describe('a rotation that was terminated', () => {
  const steps = each<Act>('createNextTree', 'stage', 'hold', 'freeze', 'verify', 'confirm', 'settle', 'soak');
  const recovered = atOnce(steps, async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    const { result, preflight } = await server.withWorker(world, async (rotations) => {
      await terminatedIn(world, rotations, act);
      // The rotation after it refuses to begin, and names what is left.
      const next = await rotations.rotate({ dryRun: true });
      return { result: await rotations.recover(), preflight: next };
    });
    return { world, before, result, preflight };
  });

  it.each(each<Act>('createNextTree', 'stage', 'hold', 'freeze', 'verify'))(
    'in %s is taken back, by its own section or by the recovery, and leaves nothing',
    async (act) => {
      const { world, before, result } = await recovered(act);
      // A section that ended in time has nothing left for the recovery but the preparation.
      expect(['rolledBack', 'completed', 'refused']).toContain(result.outcome);
      if (result.outcome === 'completed') {
        expect(world.active()).toEqual(['next-1']);
      } else {
        expect(world.cleanSlate()).toEqual(before);
      }
      expect(world.found().leftovers).toEqual([]);
      expect(world.active()).toHaveLength(1);
    },
  );

  it('in confirm is finished', async () => {
    const { world, result } = await recovered('confirm');
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: 'next-1' } });
    expect(world.standing).toBe('green');
    expect(world.found().leftovers).toEqual([]);
  });

  it.each(each<Act>('settle', 'soak'))('in %s has left nothing, as that ran on to its end', async (act) => {
    const { world, result, preflight } = await recovered(act);
    expect(preflight.outcome).toBe('planned');
    expect(result).toMatchObject({ outcome: 'notNeeded', refusals: [] });
    expect(world.active()).toEqual(['next-1']);
  });

  it('is named by the next rotation, which is refused', async () => {
    const { preflight } = await recovered('confirm');
    expect(preflight.outcome).toBe('refused');
    expect(preflight.refusals.map(({ code }) => code)).toContain('LEFTOVERS');
  });
});

describe('a rotation that was lost with its section', () => {
  const acts = each<Act>('hold', 'freeze', 'verify');
  const lost = atOnce(acts, async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    const outcome = await server.withWorker(world, async (rotations) => {
      await lostAt(world, rotations, act);
      const shown = await rotations.recover({ dryRun: true });
      const untouched = JSON.stringify(world.calls);
      const result = await rotations.recover();
      return { shown, untouched, result };
    });
    return { world, before, ...outcome };
  });
  it.each(acts)('after %s is shown, and taken back', async (act) => {
    const { world, before, shown, result } = await lost(act);
    expect(shown).toMatchObject({ outcome: 'planned' });
    expect(shown.reason).toContain('The rotation is taken back: tree 200 takes the writes.');
    expect(result.outcome).toBe('rolledBack');
    expect(world.cleanSlate()).toEqual(before);
  });

  it('goes forward when its next tree holds an entry of a client (H6)', async () => {
    const world = new World();
    const result = await server.withWorker(world, async (rotations) => {
      await lostAt(world, rotations, 'verify');
      world.write('next-1');
      return await rotations.recover();
    });
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: 'next-1' } });
    expect(world.active()).toEqual(['next-1']);
    expect(world.found().leftovers).toEqual([]);
  });

  it('is superseded when that cannot serve (H12)', async () => {
    const world = new World();
    const result = await server.withWorker(world, async (rotations) => {
      await lostAt(world, rotations, 'verify');
      world.write('next-1');
      world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
      return await rotations.recover();
    });
    expect(result).toMatchObject({ outcome: 'superseded', superseded: { treeId: 'next-1', size: 2 } });
    expect(world.active()).toEqual(['next-2']);
    expect(world.found().leftovers).toEqual([]);
  });

  it('is held when its recovery cannot be finished, and a person decides', async () => {
    const world = new World();
    const result = await server.withWorker(world, async (rotations) => {
      await lostAt(world, rotations, 'freeze');
      world.faults.push({ act: 'allowWritesToCurrent', when: 'before', times: ALWAYS });
      const recovering = rotations.recover();
      expect(await rotations.held()).toMatchObject({ step: 'undo freeze' });
      await rotations.resume({ choice: 'giveUp', who: 'ada', why: 'by hand' });
      return await recovering;
    });
    expect(result).toMatchObject({ outcome: 'held', interventions: [{ choice: 'giveUp' }] });
  });
});

describe('a recovery', () => {
  it('has nothing to do in a log in good order', async () => {
    const result = await server.withWorker(new World(), ({ recover }) => recover());
    expect(result).toMatchObject({ outcome: 'notNeeded', refusals: [] });
  });

  it('leaves to a person what belongs to no rotation', async () => {
    const world = new World();
    world.gate.mode = 'hold';
    const result = await server.withWorker(world, ({ recover }) => recover());
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'LEFT_BY_SOMEONE' }] });
    expect(world.calls).toEqual([]);
  });

  it('is refused when it cannot be meant so', async () => {
    const world = new World();
    const result = await server.withWorker(world, ({ recover }) => recover({ dryrun: true } as object));
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'REQUEST_INVALID' }] });
  });

  it('is refused while a rotation or another recovery has the lock (H22)', async () => {
    const world = new World();
    await server.withWorker(world, async (rotations) => {
      let during: unknown;
      const first = rotations.rotate();
      await world.once('confirm', async () => {
        during = await rotations.recover();
        await rotations.lock.terminate('by the test');
      });
      await first.catch(() => undefined);
      expect(during).toMatchObject({ outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
      let second: unknown;
      void world.once('settle', async () => {
        second = await rotations.recover();
      });
      expect(await rotations.recover()).toMatchObject({ outcome: 'completed' });
      expect(second).toMatchObject({ outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
    });
  });
});

describe('the guardian', () => {
  it('is silent about a log in good order, and about a rotation that goes on', async () => {
    const world = new World();
    await server.withWorker(world, async ({ guard, rotate }) => {
      expect(await guard()).toMatchObject({ alarms: [], recover: false });
      let during: unknown;
      void world.once('freeze', async () => {
        during = await guard();
      });
      await rotate();
      expect(during).toEqual({ log: world.log, alarms: [], recover: false });
    });
  });

  it('calls out what a terminated rotation left, and recovers it (H23)', async () => {
    const world = new World();
    await server.withWorker(world, async (rotations) => {
      await terminatedIn(world, rotations, 'confirm');
      const { alarms, recovery } = await rotations.guard();
      expect(alarms).toMatchObject([{ code: 'LEFTOVERS' }]);
      const { workflow } = rotations.environment.client;
      expect(await workflow.getHandle(recovery ?? '').result()).toMatchObject({ outcome: 'completed' });
      expect(await rotations.guard()).toMatchObject({ alarms: [], recover: false });
    });
    expect(server.alarms.join()).toContain(`A rotation of ${world.log} was not carried to its end`);
  });

  it('only calls it out when the policy says no', async () => {
    const world = new World();
    world.policy.recovers = false;
    await server.withWorker(world, async (rotations) => {
      await terminatedIn(world, rotations, 'confirm');
      const verdict = await rotations.guard();
      expect(verdict).toMatchObject({ alarms: [{ code: 'LEFTOVERS' }], recover: false });
      expect(verdict.recovery).toBeUndefined();
    });
  });

  it('calls out a rotation in which nothing happens', async () => {
    const world = new World();
    world.policy.stuckAfterMs = 1_000;
    await server.withWorker(world, async ({ guard, rotate }) => {
      const looked = new Promise((resolve) => {
        void world.once('stage', async () => {
          // Its worker shows no sign of life from here on, until the guardian has seen that.
          world.silent = true;
          let verdict = await guard();
          while (verdict.alarms.length === 0) {
            await wait(100);
            verdict = await guard();
          }
          world.silent = false;
          resolve(verdict);
        });
      });
      await rotate();
      expect(await looked).toMatchObject({ alarms: [{ code: 'ROTATION_STUCK' }], recover: false });
    });
  });

  it('calls out that nobody takes writes, though no rotation runs (H10)', async () => {
    const world = new World();
    world.setState('200', 'FROZEN');
    const verdict = await server.withWorker(world, ({ guard }) => guard());
    expect(verdict).toMatchObject({ alarms: [{ code: 'SERVING_TREE_CLOSED' }], recover: false });
  });
});

describe('prune', () => {
  it('lists the trees that undone attempts left, and deletes those that a person names', async () => {
    const world = new World({ attempts: 2 });
    world.faults.push({ act: 'verify', when: 'after', times: 2 });
    await server.withWorker(world, async ({ rotate, prune }) => {
      expect((await rotate()).outcome).toBe('rolledBack');
      const listed = await prune();
      expect(listed).toMatchObject({
        retired: [{ treeId: 'next-1', size: 1 }, { treeId: 'next-2' }],
        deleted: [],
      });
      expect(world.trees.has('next-1')).toBe(true);
      // Tree ids are digits; those of this world are not, so the refusal comes before anything is asked.
      await expect(prune({ deleteTrees: ['next-1'] })).rejects.toThrow();
    });
  });

  it('deletes no tree that serves, that holds entries of clients, or that no rotation made', async () => {
    const world = new World();
    const mark = { log: world.log, rotationId: 'r', attempt: 1, number: 1 };
    world.trees.set('301', { state: 'FROZEN', size: 0, mark });
    world.trees.set('302', { state: 'FROZEN', size: 3, mark: { ...mark, attempt: 2, number: 3 } });
    const result = await server.withWorker(world, ({ prune }) =>
      prune({ deleteTrees: ['301', '302', '200', '100'] }),
    );
    expect(result.deleted).toEqual(['301']);
    expect(result.refusals.map(({ code }) => code)).toEqual(Array(3).fill('NOT_PRUNABLE'));
    expect([...world.trees.keys()]).toEqual(['100', '200', '302']);
  });
});
