import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../../workflows/messages';
import { atOnce, each } from './at-once';
import { IMPATIENT } from './patient-clock';
import { startSagaServer, type SagaServer } from './saga-server';
import { ALWAYS, World, type Act } from './world';
import { untilCancelled } from './world-activities';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

/** A client writes to the next tree as soon as it is exposed; the answer to the exposure gets lost. */
function usedBeforeItFailed(world: World): World {
  world.faults.push({ act: 'expose', when: 'after', times: 1 });
  void world.once('expose', () => world.write('next-1'), 'after');
  return world;
}

/** The next release cannot serve, however often it is tried. */
function cannotGoForward(world: World): World {
  world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
  return world;
}

function followed(before: World['onCall'], then: (act: Act) => Promise<void>): World['onCall'] {
  return async (act, when) => {
    await before(act, when);
    await then(act);
  };
}

/** Whether Temporal has given up an activity of this workflow. */
async function hasTimedOut(workflow: WorkflowHandle): Promise<boolean> {
  const { events } = await workflow.fetchHistory();
  return (events ?? []).some((event) => event.activityTaskTimedOutEventAttributes);
}

describe('past the point of no return', () => {
  it('a rotation goes forward when the next tree holds an entry of a client (H6)', async () => {
    const world = usedBeforeItFailed(new World());
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: 'next-1', firstIndex: 30 } });
    expect(world.active()).toEqual(['next-1']);
    expect(world.content('next-1')).toBe('public entries');
    expect(world.gate).toMatchObject({ mode: 'pass', upstream: 'green' });
  });

  it('it goes forward also when clients are sent there already and nobody has written yet (H6)', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result.outcome).toBe('completed');
    expect(world.active()).toEqual(['next-1']);
    // It is exposed: closing it would have cost clients their writes.
    expect(world.trees.get('next-1')).toMatchObject({ size: 1, state: 'ACTIVE' });
  });

  it('it is taken back when nothing public is in it and it cannot serve, and says how long it was seen (H36)', async () => {
    const world = cannotGoForward(new World());
    const before = world.cleanSlate();
    world.faults.push({ act: 'expose', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result.outcome).toBe('rolledBack');
    expect(result.nextTreeVisibleMs).toBeGreaterThan(0);
    expect(world.cleanSlate()).toEqual(before);
    expect(world.calls.filter((act) => act === 'forward')).toHaveLength(3);
  });

  it('a third tree supersedes the next one that took entries and cannot serve (H12)', async () => {
    const world = cannotGoForward(usedBeforeItFailed(new World()));
    const cancelDoes: string[] = [];
    const result = await server.withWorker(world, ({ rotate, lock }) => {
      world.onCall = followed(world.onCall, async (act) => {
        if (['createNextTree', 'stage', 'confirm'].includes(act)) {
          cancelDoes.push(`${act}: ${(await lock.query<Progress>('progress')).cancelDoes}`);
        }
      });
      return rotate();
    });
    // The first next tree could be taken back; once it holds entries, nothing of the third is any Cancel's business.
    expect([...new Set(cancelDoes)]).toEqual([
      'createNextTree: rollBack',
      'stage: rollBack',
      'createNextTree: nothing',
      'stage: nothing',
      'confirm: nothing',
    ]);
    expect(result).toMatchObject({
      outcome: 'superseded',
      superseded: { treeId: 'next-1', size: 2 },
      nextTree: { treeId: 'next-2', firstIndex: 32 },
    });
    expect(world.active()).toEqual(['next-2']);
    expect(world.slots[world.gate.upstream]).toEqual({
      active: 'next-2',
      inactive: ['100', '200', 'next-1'],
    });
    expect(world.found().leftovers).toEqual([]);
  });

  it('the next third tree comes within seconds, however long the pause between attempts is: the log is closed', async () => {
    const world = cannotGoForward(
      usedBeforeItFailed(new World({ attempts: 2, pauseBetweenAttemptsMs: 24 * 3_600_000 })),
    );
    void world.once('superseding', () => void world.faults.push({ act: 'stage', when: 'after', times: 1 }));
    const result = await server.withWorker(world, ({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'superseded', nextTree: { treeId: 'next-3' } });
    expect(world.active()).toEqual(['next-3']);
  });

  it('a third tree supersedes one that was written to past the gate, though it was never exposed (H12)', async () => {
    const world = cannotGoForward(new World());
    world.faults.push({ act: 'expose', when: 'before', times: 1 });
    void world.once('verify', () => world.write('next-1'), 'after');
    // The lease of the hold ends long before.
    void world.once('superseding', () => void (world.gate.mode = 'healing'));
    const result = await server.withWorker(world, ({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'superseded', superseded: { treeId: 'next-1', size: 2 } });
    expect(world.active()).toEqual(['next-2']);
    expect(world.found().leftovers).toEqual([]);
  });

  it('it goes on forward, held, when no third tree can be had either', async () => {
    const world = cannotGoForward(usedBeforeItFailed(new World()));
    void world.once(
      'superseding',
      () => void world.faults.push({ act: 'stage', when: 'after', times: ALWAYS }),
    );
    const result = await server.withWorker(world, async ({ start, held }) => {
      const handle = await start();
      expect(await held()).toMatchObject({ step: 'forward', reason: { code: 'FORWARD_FAILED' } });
      // Somebody mends it; nobody has to say so.
      world.faults.length = 0;
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: 'next-1' } });
    expect(world.active()).toEqual(['next-1']);
    expect(world.state('next-2')).toBe('FROZEN');
    expect(world.found().leftovers).toEqual([]);
  });

  it('it is held where a third tree is not wanted, and completes when the release serves again', async () => {
    const world = cannotGoForward(usedBeforeItFailed(new World({ ifNextFails: 'hold' })));
    const result = await server.withWorker(world, async ({ start, held, resume }) => {
      const handle = await start();
      expect(await held()).toMatchObject({
        step: 'forward',
        reason: { code: 'FORWARD_FAILED' },
        choices: ['retry', 'giveUp'],
      });
      expect(world.active()).toEqual([]);
      // Mended after the person has spoken: otherwise it may end by itself first.
      await resume({ choice: 'retry', who: 'ada', why: 'the release is mended' });
      world.faults.length = 0;
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: 'next-1', firstIndex: 30 } });
    expect(world.calls).not.toContain('superseding');
  });

  it('it is held when the current tree grew after its end was handed over: every index would shift (H1)', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'after', times: 1 });
    void world.once(
      'expose',
      () => {
        world.write('next-1');
        world.tree('200').size += 1;
        // Somebody closed it, so the exposed tree is looked into.
        world.setState('next-1', 'FROZEN');
      },
      'after',
    );
    const result = await server.withWorker(world, async ({ start, held, resume }) => {
      const handle = await start();
      const { reason, step } = await held();
      expect(step).toBe('forward');
      expect(reason.message).toContain('grown');
      await resume({ choice: 'giveUp', who: 'ada', why: 'to be looked into' });
      return await handle.result();
    });
    expect(result.outcome).toBe('held');
    expect(world.active()).toEqual([]);
    expect(world.calls).not.toContain('superseding');
  });
});

describe('Cancel', () => {
  const takenBack = each<Act>('createNextTree', 'stage', 'hold', 'start', 'freeze', 'verify');
  const cancelledIn = atOnce(takenBack, async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    const result = await server.withWorker(world, async ({ rotate, cancel }) => {
      void world.once(act, async () => {
        await cancel();
        await untilCancelled();
      });
      return await rotate();
    });
    return { world, before, result };
  });
  it.each(takenBack)('takes everything back in %s', async (act) => {
    const { world, before, result } = await cancelledIn(act);
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(world.cleanSlate()).toEqual(before);
  });

  it('undoes only what had begun: nobody opens a tree that this attempt had not begun to close', async () => {
    const { world } = await cancelledIn('hold');
    expect(world.calls).toContain('sendToCurrent');
    expect(world.calls).not.toContain('allowWritesToCurrent');
    expect(world.calls).not.toContain('stop');
  });

  const tooLate = each<Act>('expose', 'confirm', 'settle', 'soak');
  const cancelledLate = atOnce(tooLate, async (act) => {
    const world = new World();
    const result = await server.withWorker(world, async ({ rotate, cancel }) => {
      void world.once(act, cancel);
      return await rotate();
    });
    return { world, result };
  });
  it.each(tooLate)('changes nothing any more in %s', async (act) => {
    const { world, result } = await cancelledLate(act);
    expect(result.outcome).toBe('completed');
    expect(world.active()).toEqual(['next-1']);
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
  const cancelledUndo = atOnce(undos, async (act) => {
    const world = new World({ attempts: 2 });
    const before = world.cleanSlate();
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    const result = await server.withWorker(world, async ({ rotate, cancel }) => {
      void world.once(act, cancel);
      return await rotate();
    });
    return { world, before, result };
  });
  it.each(undos)('stops no undo: everything is as before after one in %s', async (act) => {
    const { world, before, result } = await cancelledUndo(act);
    expect(result.outcome).toBe('rolledBack');
    expect(world.cleanSlate()).toEqual(before);
  });

  it('ends the pause between two attempts', async () => {
    const world = new World({ attempts: 2, pauseBetweenAttemptsMs: 24 * 3_600_000 });
    const before = world.cleanSlate();
    world.faults.push({ act: 'freeze', when: 'after', times: 1 });
    const result = await server.withWorker(world, async ({ start, cancel, lock }) => {
      const starting = start();
      await world.once('stop', () => undefined, 'after');
      while ((await lock.query<Progress>('progress')).note === null) {
        await wait(50);
      }
      await cancel();
      return await (await starting).result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', attempts: 1, refusals: [{ code: 'CANCELLED' }] });
    expect(world.cleanSlate()).toEqual(before);
  });

  it('of the workflow that a person started takes the rotation back', async () => {
    const world = new World();
    const before = world.cleanSlate();
    const result = await server.withWorker(world, async ({ start }) => {
      const starting = start();
      void world.once('freeze', async () => {
        await (await starting).cancel();
        await untilCancelled();
      });
      return await (await starting).result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(world.cleanSlate()).toEqual(before);
  });

  it('is answered for before it is sent: what it would do now is said in every step', async () => {
    const world = new World();
    const said: Partial<Record<Act, string>> = {};
    await server.withWorker(world, async ({ rotate, lock, criticalSection }) => {
      world.onCall = async (act, when) => {
        if (when === 'before') {
          const inside = ['hold', 'start', 'freeze', 'verify', 'expose'].includes(act);
          const { cancelDoes } = await (inside ? criticalSection : lock).query<Progress>('progress');
          said[act] = cancelDoes;
        }
      };
      await rotate();
    });
    expect(said).toEqual({
      createNextTree: 'rollBack',
      stage: 'rollBack',
      hold: 'rollBack',
      start: 'rollBack',
      freeze: 'rollBack',
      verify: 'rollBackUnlessUsed',
      expose: 'rollBackUnlessUsed',
      confirm: 'nothing',
      settle: 'nothing',
      soak: 'nothing',
    });
  });
});

describe('a call that lands late (H8)', () => {
  it('is waited for: nothing is taken back while a step that Temporal has given up can still act', async () => {
    const world = new World({}, IMPATIENT);
    const before = world.cleanSlate();
    world.silent = true;
    const result = await server.withWorker(world, ({ rotate, criticalSection }) => {
      void world.once('freeze', async () => {
        // No sign of life for a second: given up, and taken back at once unless that waits. Then it acts.
        while (!(await hasTimedOut(criticalSection))) {
          await wait(50);
        }
        world.calls.push('freeze lands');
      });
      return rotate();
    });
    expect(result.outcome).toBe('rolledBack');
    const acts = ['freeze lands', 'allowWritesToCurrent'];
    expect(world.calls.filter((call) => acts.includes(call))).toEqual(acts);
    expect(world.cleanSlate()).toEqual(before);
  });

  it('after the undo is found in the last look, and taken back once more', async () => {
    const world = new World();
    const before = world.cleanSlate();
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    void world.once('retireNextTree', () => world.setState('200', 'FROZEN'), 'after');
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result.outcome).toBe('rolledBack');
    expect(world.calls.at(-1)).toBe('lookBack');
    expect(world.cleanSlate()).toEqual(before);
  });
});

describe('a critical section that was terminated', () => {
  const acts = each<Act>('hold', 'freeze');
  const terminated = atOnce(acts, async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    const result = await server.withWorker(world, async ({ rotate, criticalSection }) => {
      void world.once(act, async () => {
        await criticalSection.terminate('by the test');
      });
      return await rotate();
    });
    return { world, before, result };
  });
  it.each(acts)('in %s is taken back by its rotation', async (act) => {
    const { world, before, result } = await terminated(act);
    expect(result.outcome).toBe('rolledBack');
    expect(world.cleanSlate()).toEqual(before);
  });

  it('is carried on by its rotation when clients were sent to the next tree', async () => {
    const world = new World();
    const result = await server.withWorker(world, async ({ rotate, criticalSection }) => {
      void world.once(
        'expose',
        async () => {
          await criticalSection.terminate('by the test');
        },
        'after',
      );
      return await rotate();
    });
    expect(result.outcome).toBe('completed');
    expect(world.active()).toEqual(['next-1']);
  });
});

describe('a rotation whose log belongs to a later one', () => {
  it.each([
    ['before its section', 'stage'],
    ['before the opening', 'freeze'],
    ['after the exposure', 'expose'],
  ] as const)('ends quietly when that came %s', async (_when, act) => {
    const world = new World();
    let found = {};
    void world.once(
      act,
      () => {
        world.gate.number += 10;
        found = { ...world.gate };
      },
      'after',
    );
    const result = await server.withWorker(world, ({ rotate }) => rotate());
    expect(result.refusals).toMatchObject([{ code: 'NOT_OURS' }]);
    expect(['refused', 'rolledBack']).toContain(result.outcome);
    expect(world.gate).toEqual(found);
    expect(world.calls).not.toContain('settle');
  });
});
