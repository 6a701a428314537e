import { FEW_TRIES } from '../../workflows/model/patience';
import type { Rotations } from './rotations';
import { CURRENT_TREE, FIRST_TREE, SimulatedLog, type Act } from './simulated-log';
import { failedForInput } from './wrong-input';

/** Terminates the rotation in an act of it; its critical section is asked to cancel by that, and may still run. */
async function terminatedIn(log: SimulatedLog, { start, lock }: Rotations, act: Act): Promise<void> {
  const handle = await start();
  await log.once(act, () => lock.terminate('by the test'));
  await handle.result().catch(() => undefined);
}

interface SupersedingCase {
  /** The next tree was exposed before it failed. */
  readonly exposed?: true;
  /** What fails once in the first attempt that is to supersede it. */
  readonly fails?: readonly Act[];
  /** The third tree takes an entry, too, and cannot serve. */
  readonly alsoThird?: true;
}

/** The next tree takes an entry and cannot serve. */
function supersedes(log: SimulatedLog, { exposed, fails = [], alsoThird }: SupersedingCase): void {
  const cannotServe = (): void => {
    log.fail('expose', 'before', 1);
    log.cannotGoForward(FEW_TRIES);
    void log.once('verify', () => log.world.traffic.writePast('green'), 'after');
  };
  if (exposed) {
    log.usedBeforeItFailed();
    log.cannotGoForward(FEW_TRIES);
  } else {
    cannotServe();
  }
  void log.once('superseding', () => {
    fails.forEach((act) => log.fail(act, 'before', 1));
    if (alsoThird) {
      cannotServe();
    }
  });
}

describe('a rotation that was terminated', () => {
  async function recovered(act: Act) {
    const log = new SimulatedLog();
    return await log.run(async (rotations) => {
      await terminatedIn(log, rotations, act);
      // The rotation after it refuses to begin, and names what is left.
      const preflight = await rotations.rotate({ dryRun: true });
      return { log, preflight, result: await rotations.recover() };
    });
  }

  it.each<Act>(['createNextTree', 'stage', 'hold', 'freeze', 'verify'])(
    'in %s is taken back, by its own section or by the recovery, and leaves nothing',
    async (act) => {
      const { log, result } = await recovered(act);
      // A section that ended in time has nothing left for the recovery but the preparation.
      expect(['rolledBack', 'completed', 'refused']).toContain(result.outcome);
      if (result.outcome === 'completed') {
        expect(log.active()).toEqual([log.nextTree()]);
      } else {
        expect(log.notAsBefore()).toEqual([]);
      }
      expect(log.leftovers()).toEqual([]);
      expect(log.active()).toHaveLength(1);
    },
  );

  it.each<Act>(['confirm', 'settle'])('in %s is finished', async (act) => {
    const { log, result } = await recovered(act);
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: log.nextTree() } });
    expect(log.standing()).toEqual(['green']);
    expect(log.leftovers()).toEqual([]);
  });

  it('in soak has left nothing, as everything was done', async () => {
    const { log, result, preflight } = await recovered('soak');
    expect(preflight.outcome).toBe('planned');
    expect(result).toMatchObject({ outcome: 'notNeeded', refusals: [] });
    expect(log.active()).toEqual([log.nextTree()]);
  });

  it('is named by the next rotation, which is refused', async () => {
    const { preflight } = await recovered('confirm');
    expect(preflight.outcome).toBe('refused');
    expect(preflight.refusals.map(({ code }) => code)).toContain('LEFTOVERS');
  });
});

describe('a rotation that was lost with its section', () => {
  it.each<Act>(['hold', 'freeze', 'verify'])('after %s is shown, and taken back', async (act) => {
    const log = new SimulatedLog();
    const { shown, result } = await log.run(async (rotations) => {
      await log.lostIn(act, rotations);
      return {
        shown: await rotations.recover({ dryRun: true }),
        result: await rotations.recover(),
      };
    });
    expect(shown).toMatchObject({ outcome: 'planned' });
    expect(shown.reason).toContain(`The rotation is taken back: tree ${CURRENT_TREE} takes the writes.`);
    expect(result.outcome).toBe('rolledBack');
    expect(log.notAsBefore()).toEqual([]);
  });

  it.each<Act>(['createNextTree', 'stage'])(
    'after %s is taken back, and opens no current tree that someone closes meanwhile: it never held',
    async (act) => {
      for (const meanwhile of ['closeNextTree', 'retireNextTree', 'lookBack'] as const) {
        const log = new SimulatedLog();
        const result = await log.run(async (rotations) => {
          await log.lostIn(act, rotations);
          void log.once(meanwhile, () => log.setState(CURRENT_TREE, 'FROZEN'));
          return await rotations.recover();
        });
        expect(result.outcome).toBe('rolledBack');
        expect(log.state(CURRENT_TREE)).toBe('FROZEN');
      }
    },
  );

  it('whose hold lands after the first look is taken back whole (H8)', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      await log.lostIn('stage', rotations);
      const recovering = await rotations.startRecovery();
      await log.world.time.pass(2_000);
      expect(log.calls).not.toContain('closeNextTree');
      await log.holdLandsLate();
      return await recovering.result();
    });
    expect(result.outcome).toBe('rolledBack');
    expect(log.notAsBefore()).toEqual([]);
  });

  it('goes forward when its next tree holds an entry of a client (H6)', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      await log.lostIn('verify', rotations);
      await log.world.traffic.writePast('green');
      return await rotations.recover();
    });
    const treeId = log.nextTree();
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId } });
    expect(log.active()).toEqual([treeId]);
    expect(log.leftovers()).toEqual([]);
  });

  it('is superseded when that cannot serve (H12)', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      await log.lostIn('verify', rotations);
      await log.world.traffic.writePast('green');
      log.cannotGoForward();
      return await rotations.recover();
    });
    const [next, third] = log.nextTrees();
    expect(result).toMatchObject({ outcome: 'superseded', superseded: { treeId: next, size: 2 } });
    expect(log.active()).toEqual([third]);
    expect(log.leftovers()).toEqual([]);
  });

  it.each<[string, SupersedingCase]>([
    ['its first third tree, after a next tree that never served', {}],
    ['its second third tree, after one that was undone', { fails: ['stage'] }],
    ['its second third tree, after one that was held for and undone', { fails: ['expose'] }],
    ['a third tree, after a next tree that was exposed', { exposed: true }],
    ['a fourth tree, after two that never served', { alsoThird: true }],
  ])('is finished with %s (H12)', async (_, how) => {
    const log = new SimulatedLog({ attempts: 3 });
    const result = await log.run(async (rotations) => {
      supersedes(log, how);
      await log.lostIn('confirm', rotations);
      expect(log.leftovers()).not.toEqual([]);
      return await rotations.recover();
    });
    const { activeTreeId, inactiveTreeIds } = (await log.world.gate.read()).configuration;
    const trees = how.alsoThird ? log.nextTrees().slice(0, 2) : [log.nextTree()];
    expect(inactiveTreeIds).toEqual([FIRST_TREE, CURRENT_TREE, ...trees]);
    expect(result).toMatchObject({
      ...{ outcome: 'superseded', superseded: { treeId: trees.at(-1) } },
      ...{ currentTree: { treeId: CURRENT_TREE }, nextTree: { treeId: activeTreeId } },
    });
    expect(log.active()).toEqual([activeTreeId]);
    expect(log.standing()).toEqual([log.serving()]);
    expect(log.leftovers()).toEqual([]);
  });

  it('is looked at again when its third tree is taken back: the next tree still closes the log (H12)', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      supersedes(log, {});
      await log.lostIn('expose', rotations);
      log.cannotGoForward(FEW_TRIES);
      return await rotations.recover();
    });
    const treeId = log.nextTree();
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId } });
    expect(log.active()).toEqual([treeId]);
    expect(log.leftovers()).toEqual([]);
  });

  it('is held when its recovery cannot be finished, and a person decides', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      await log.lostIn('freeze', rotations);
      log.fail('allowWritesToCurrent', 'before');
      const recovering = await rotations.startRecovery();
      expect(await rotations.held()).toMatchObject({ step: 'undo freeze' });
      await rotations.resume({ choice: 'giveUp', who: 'ada', why: 'by hand' });
      return await recovering.result();
    });
    expect(result).toMatchObject({ outcome: 'held', interventions: [{ choice: 'giveUp' }] });
  });
});

describe('a recovery', () => {
  it('has nothing to do in a log in good order', async () => {
    const result = await new SimulatedLog().run(({ recover }) => recover());
    expect(result).toMatchObject({ outcome: 'notNeeded', refusals: [] });
  });

  it('leaves to a person what belongs to no rotation', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ recover }) => {
      log.changedBySomeone();
      const order = { attemptId: 'someone/1', number: 1, leaseMs: 60_000 };
      await log.world.gate.order({ kind: 'hold', order });
      return await recover();
    });
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'LEFT_BY_SOMEONE' }] });
    expect(log.calls).toEqual([]);
  });

  it.each([
    ['cannot be meant so', { dryrun: true }, 'REQUEST_INVALID'],
    ['names a log that there is not', { log: 'lob' }, 'UNKNOWN_LOG'],
  ])('fails when it %s', async (_, request, code) => {
    const log = new SimulatedLog();
    const failed = await log.run(async ({ startRecovery }) =>
      failedForInput(await startRecovery(request as object)),
    );
    expect(failed).toMatchObject({ code, outcome: 'refused' });
  });

  it('is refused while a rotation or another recovery has the lock (H22)', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, recover, lock }) => {
      const inProgress = { outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] };
      let during: unknown;
      void log.once('confirm', async () => {
        during = await recover();
        await lock.terminate('by the test');
      });
      const first = await start();
      await first.result().catch(() => undefined);
      expect(during).toMatchObject(inProgress);
      let second: unknown;
      void log.once('settle', async () => {
        second = await recover();
      });
      expect(await recover()).toMatchObject({ outcome: 'completed' });
      expect(second).toMatchObject(inProgress);
    });
  });
});

describe('the guardian', () => {
  it('is silent about a log in good order, and about a rotation that goes on', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ guard, rotate }) => {
      expect(await guard()).toMatchObject({ alarms: [], recover: false });
      let during: unknown;
      void log.once('freeze', async () => {
        during = await guard();
      });
      await rotate();
      expect(during).toEqual({ log: 'lab', alarms: [], recover: false });
    });
  });

  it('calls out what a terminated rotation left, and recovers it (H23)', async () => {
    const log = new SimulatedLog();
    await log.run(async (rotations) => {
      await terminatedIn(log, rotations, 'confirm');
      const { alarms, recovery = '' } = await rotations.guard();
      expect(alarms).toMatchObject([{ code: 'LEFTOVERS' }]);
      expect(await rotations.getHandle(recovery).result()).toMatchObject({ outcome: 'completed' });
      expect(await rotations.guard()).toMatchObject({ alarms: [], recover: false });
    });
    expect(log.alarms.join()).toContain('A rotation of lab was not carried to its end');
  });

  it('only calls it out when the policy says no', async () => {
    const log = new SimulatedLog({ recover: false });
    await log.run(async (rotations) => {
      await terminatedIn(log, rotations, 'confirm');
      const verdict = await rotations.guard();
      expect(verdict).toMatchObject({ alarms: [{ code: 'LEFTOVERS' }], recover: false });
      expect(verdict.recovery).toBeUndefined();
      // So a person does it.
      await rotations.recover();
    });
  });

  it('calls out a rotation in which nothing happens', async () => {
    const log = new SimulatedLog({ workers: 2, stuckAfterMs: 2_500 });
    await log.run(async ({ guard, rotate }) => {
      const verdicts: (readonly { readonly code: string }[])[] = [];
      void log.once('stage', async () => {
        // A worker that shows signs of life does something.
        await log.world.time.pass(4_000);
        verdicts.push((await guard()).alarms);
        log.cutOff(4_000);
        await log.world.time.pass(4_000);
        verdicts.push((await guard()).alarms);
      });
      expect((await rotate()).outcome).toBe('completed');
      expect(verdicts).toMatchObject([[], [{ code: 'ROTATION_STUCK' }]]);
    });
  });

  it('calls out that nobody takes writes, though no rotation runs (H10)', async () => {
    const log = new SimulatedLog();
    const verdict = await log.run(async ({ guard }) => {
      await log.setState(CURRENT_TREE, 'FROZEN');
      return await guard();
    });
    expect(verdict).toMatchObject({ alarms: [{ code: 'SERVING_TREE_CLOSED' }], recover: false });
  });
});

describe('prune', () => {
  it('lists the trees that undone attempts left, and deletes those that a person names', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('verify', 'after', 2);
    await log.run(async ({ rotate, prune }) => {
      expect((await rotate()).outcome).toBe('rolledBack');
      const [first = '', second = ''] = log.nextTrees();
      const retired = [{ treeId: first, size: 1 }, { treeId: second }];
      expect(await prune()).toMatchObject({ retired, deleted: [] });
      expect(log.deletedTrees()).toEqual([]);
      // Tree ids are digits: one that is none is refused before anything is asked.
      await expect(prune({ deleteTrees: ['next-1'] })).rejects.toThrow();
      expect(await prune({ deleteTrees: [first] })).toMatchObject({ deleted: [first] });
      expect(log.deletedTrees()).toEqual([first]);
    });
  });

  it('deletes no tree that serves, that holds entries of clients, or that no rotation made', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ prune }) => {
      log.plantRetired('301', 1, []);
      log.plantRetired('302', 2, ['a', 'b', 'c']);
      return await prune({ deleteTrees: ['301', '302', CURRENT_TREE, FIRST_TREE] });
    });
    expect(result.deleted).toEqual(['301']);
    expect(result.refusals.map(({ code }) => code)).toEqual(Array(3).fill('NOT_PRUNABLE'));
    expect(log.deletedTrees()).toEqual(['301']);
  });
});
