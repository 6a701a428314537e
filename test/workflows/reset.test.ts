import type { Rotations } from './rotations';
import { CURRENT_TREE, SimulatedLog, type Act } from './simulated-log';
import { LOG } from '../../simulation/world/world';
import { criticalSectionId } from '../../workflows/messages';
import { FEW_TRIES } from '../../workflows/model/patience';
import type { RotationResult } from '../../workflows/model/result';

/** More workflow tasks than a rotation has when it goes well. */
const TASKS = 14;

const tasks = Array.from({ length: TASKS }, (_, position) => position + 1);

/** The rotation ended as it says, and the log is in one of the two states that a rotation may leave. */
function expectOneEnd(log: SimulatedLog, result: RotationResult): void {
  expect(log.active()).toHaveLength(1);
  expect(log.leftovers()).toEqual([]);
  if (log.active()[0] === CURRENT_TREE) {
    expect(log.notAsBefore()).toEqual([]);
    expect(result.outcome).not.toBe('completed');
  } else {
    expect(log.active()).toEqual([log.nextTree()]);
    expect([log.world.gate.mode, log.serving()]).toEqual(['pass', 'green']);
    expect(log.standing()).toEqual(['green']);
    expect(['completed', 'refused']).toContain(result.outcome);
  }
}

describe('a rotation that is reset after it has completed', () => {
  it.each(tasks)('to workflow task %s leaves the log as it completed it (H7)', async (task) => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ rotate, lock }) => {
      await rotate();
      const completed = log.snapshot();
      log.resetTo(lock, task);
      const again = await lock.result();
      expect(log.notAsBefore(completed)).toEqual([]);
      return again;
    });
    expectOneEnd(log, result);
  });
});

const moments: readonly Act[] = ['stage', 'hold', 'freeze', 'verify', 'confirm', 'soak'];

describe.each(moments)('a rotation that is reset while it runs, in %s,', (act) => {
  it('to any of its workflow tasks ends as before or completed, never with two trees ACTIVE (H7)', async () => {
    for (const task of tasks) {
      const log = new SimulatedLog();
      const result = await log.run(async ({ start, lock, recover }) => {
        await start();
        await log.once(act, () => log.resetTo(lock, task));
        // The run that was reset ends terminated; the one that follows it is the rotation now.
        const again = await lock.result();
        if (log.leftovers().length === 0) {
          return again;
        }
        // One that looks again from the start finds what its former run did, and refuses; the guardian ends it.
        expect(again).toMatchObject({ outcome: 'refused' });
        return await recover();
      });
      expectOneEnd(log, result);
    }
  });
});

it('a rotation that is reset to an earlier attempt leaves what a later one could not take back', async () => {
  const outcomes = new Set<string>();
  for (const task of tasks) {
    const log = new SimulatedLog({ attempts: 3 });
    log.fail('freeze', 'before', 2);
    const result = await log.run(async ({ start, lock, recover }) => {
      await start();
      await log.once('verify', () => {
        log.fail('verify', 'after', 1);
        log.fail('closeNextTree', 'before', FEW_TRIES);
        log.resetTo(lock, task);
      });
      const again = await lock.result();
      outcomes.add(again.outcome);
      return log.leftovers().length === 0 ? again : await recover();
    });
    expectOneEnd(log, result);
  }
  expect(outcomes).toContain('refused');
});

it('a rotation that is reset in its critical section prepares nothing anew, and takes what that uses (H7)', async () => {
  const log = new SimulatedLog();
  const sectionWasOpen: boolean[] = [];
  log.onCall = (act, when) => {
    if (when === 'before' && (act === 'createNextTree' || act === 'stage')) {
      sectionWasOpen.push(log.world.temporal.latest(criticalSectionId(LOG))?.open ?? false);
    }
  };
  const result = await log.run(async ({ start, lock }) => {
    await start();
    // The task that begins with what preflight found.
    await log.once('freeze', () => log.resetTo(lock, 2));
    return await lock.result();
  });
  expect(sectionWasOpen).toEqual([false, false]);
  expectOneEnd(log, result);
});

describe('a rotation that is reset to its preparation while its critical section goes forward', () => {
  it.each([
    ['createTree', 2],
    ['stage', 3],
  ])('leaves the next tree and what is staged for it to that, before %s (H6, H7)', async (_step, task) => {
    const log = new SimulatedLog({ ifNextFails: 'hold' });
    log.fail('expose', 'before', 1);
    void log.once('verify', () => log.world.traffic.writePast('green'), 'after');
    const result = await log.run(async ({ start, lock }) => {
      await start();
      log.fail('forward', 'before', FEW_TRIES);
      await log.once('forward', () => log.resetTo(lock, task));
      // All tries together take longer than any step that prepares may wait for the section.
      log.onCall = async (act, when) => {
        if (act === 'forward' && when === 'before' && log.faults.length > 0) {
          await log.world.time.pass(9_000);
        }
      };
      return await lock.result();
    });
    const treeId = log.nextTree();
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId } });
    expect(log.nextTrees()).toEqual([treeId]);
    expectOneEnd(log, result);
  });
});

describe('a critical section that is reset', () => {
  it.each<Act>(['freeze', 'verify', 'expose'])(
    'in %s ends as before or completed, never with two trees ACTIVE (H7)',
    async (act) => {
      const log = new SimulatedLog();
      const result = await log.run(async ({ start, criticalSection }) => {
        const handle = await start();
        await log.once(act, () => log.resetTo(criticalSection, 1));
        return await handle.result();
      });
      expectOneEnd(log, result);
    },
  );
});

/** A worker that Temporal does not hear is closing the next tree; its last call lands once clients are sent there. */
function closesUnheard(log: SimulatedLog, meanwhile: () => unknown): void {
  void log.once('closeNextTree', async () => {
    const { time, trillian } = log.world;
    const set = (state: 'DRAINING' | 'FROZEN'): Promise<unknown> =>
      trillian.updateTree(log.nextTree(), { state }, Infinity, 'a rotation');
    log.cutOff(60_000);
    await set('DRAINING');
    await meanwhile();
    for (let waited = 0; waited < 4_000 && log.serving() !== 'green'; waited += 50) {
      await time.pass(50);
    }
    await set('FROZEN');
  });
}

describe('a next tree that is still being closed by whom nobody hears any more (H8)', () => {
  const toItsOpening = 2;
  const toItsClosing = 3;

  it('is not opened by its section, which was reset: that takes itself back (H7)', async () => {
    const log = new SimulatedLog({ workers: 2 });
    log.fail('expose', 'before', 1);
    const result = await log.run(async ({ rotate, criticalSection }) => {
      closesUnheard(log, () => log.resetTo(criticalSection, toItsOpening));
      return await rotate();
    });
    expect(result.outcome).toBe('rolledBack');
    expect(log.notAsBefore()).toEqual([]);
  });

  it.each<[string, (log: SimulatedLog, section: Rotations['criticalSection']) => unknown]>([
    ['was reset (H7)', (log, section) => log.resetTo(section, toItsClosing)],
    ['was terminated', (_log, section) => section.terminate('by the test')],
  ])('is opened for its entries once that has ended, when the section %s', async (_how, happens) => {
    const log = new SimulatedLog({ workers: 2 });
    log.fail('expose', 'before', 1);
    void log.once('verify', () => log.world.traffic.writePast('green'), 'after');
    const result = await log.run(async ({ rotate, criticalSection }) => {
      closesUnheard(log, () => happens(log, criticalSection));
      return await rotate();
    });
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: log.nextTree() } });
    expectOneEnd(log, result);
  });
});

it.each<[Act, number]>([
  ['createNextTree', 2],
  ['stage', 3],
])(
  'a rotation that is reset in %s waits until its earlier run can act no more (H7, H8)',
  async (act, task) => {
    const log = new SimulatedLog({ workers: 2 });
    const result = await log.run(async ({ start, lock }) => {
      // A worker that Temporal does not hear is making the next tree; its last calls land as late as a try of it may last.
      const reset = log.once(act, async () => {
        const { time, trillian, host } = log.world;
        log.cutOff(60_000);
        log.resetTo(lock, task);
        const ends = time.now + 9_000;
        while (time.now < ends && log.serving() !== 'green') {
          await time.pass(50);
        }
        for (const treeId of log.nextTrees()) {
          await trillian.updateTree(treeId, { state: 'DRAINING' }, Infinity, 'a rotation');
        }
        await host.stop('green');
      });
      await start();
      await reset;
      return await lock.result();
    });
    expectOneEnd(log, result);
  },
);

describe('a worker that is replaced in the middle of a rotation', () => {
  it.each<Act>(['stage', 'freeze', 'confirm'])(
    'in %s is followed by one that goes on from the history',
    async (act) => {
      const log = new SimulatedLog();
      void log.once(act, () => log.replaceWorker());
      const result = await log.run(({ rotate }) => rotate());
      const nextTree = { treeId: log.nextTree() };
      expect(result).toMatchObject({ outcome: 'completed', attempts: 1, nextTree });
      expect(log.calls.filter((called) => called === act)).toHaveLength(1);
    },
  );
});
