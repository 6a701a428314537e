import { CURRENT_TREE, SimulatedLog, type Act } from './simulated-log';
import { LOG } from '../../simulation/world/world';
import { criticalSectionId } from '../../workflows/messages';
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

it('a rotation that is reset in its critical section prepares nothing anew before that has ended (H7)', async () => {
  const log = new SimulatedLog();
  const sectionWasOpen: boolean[] = [];
  log.onCall = (act, when) => {
    if (when === 'before' && (act === 'createNextTree' || act === 'stage')) {
      sectionWasOpen.push(log.world.temporal.latest(criticalSectionId(LOG))?.open ?? false);
    }
  };
  const result = await log.run(async ({ start, lock, recover }) => {
    await start();
    // The task that begins with what preflight found.
    await log.once('freeze', () => log.resetTo(lock, 2));
    await lock.result();
    return await recover();
  });
  expect(sectionWasOpen.length).toBeGreaterThan(2);
  expect(sectionWasOpen).not.toContain(true);
  expectOneEnd(log, result);
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
