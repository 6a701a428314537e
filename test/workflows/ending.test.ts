import { CURRENT_TREE, FIRST_TREE, SimulatedLog, type Act, type LogOptions } from './simulated-log';
import type { Progress } from '../../workflows/messages';

/** A log whose next release cannot serve, however often it is tried. */
function cannotGoForward(options: LogOptions = {}): SimulatedLog {
  const log = new SimulatedLog(options);
  log.cannotGoForward();
  return log;
}

/** The same, and a client has written to the next tree. */
function usedAndCannotGoForward(options: LogOptions = {}): SimulatedLog {
  const log = cannotGoForward(options);
  log.usedBeforeItFailed();
  return log;
}

describe('past the point of no return', () => {
  it('a rotation goes forward when the next tree holds an entry of a client (H6)', async () => {
    const log = new SimulatedLog();
    log.usedBeforeItFailed();
    const result = await log.run(({ rotate }) => rotate());
    const treeId = log.nextTree();
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId, firstIndex: 12 } });
    expect(log.active()).toEqual([treeId]);
    expect(log.world.traffic.acknowledged[0]).toMatchObject({ treeId, logIndex: 13 });
    expect([log.world.gate.mode, log.serving()]).toEqual(['pass', 'green']);
  });

  it('it goes forward also when clients are sent there already and nobody has written yet (H6)', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'after', 1);
    // It is exposed: closing it would have cost clients their writes.
    let looked: string | undefined;
    void log.once('closeNextTree', () => (looked = log.state(log.nextTree())), 'after');
    const { outcome, size } = await log.run(async ({ rotate }) => {
      const result = await rotate();
      return { ...result, size: log.size(log.nextTree()) };
    });
    expect([outcome, size]).toEqual(['completed', 1]);
    expect(looked).toBe('ACTIVE');
    expect(log.active()).toEqual([log.nextTree()]);
  });

  it('it goes on, held, where clients are served and only its own look at that fails: no tree is closed for it', async () => {
    const log = new SimulatedLog();
    log.usedBeforeItFailed();
    log.fail('forward', 'before');
    const result = await log.run(async ({ start, held, resume }) => {
      const handle = await start();
      expect(await held()).toMatchObject({ step: 'forward', reason: { code: 'FORWARD_FAILED' } });
      expect(log.active()).toEqual([log.nextTree()]);
      log.faults.length = 0;
      await resume({ choice: 'retry', who: 'ada', why: 'the command is mended' });
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: log.nextTree() } });
    expect(log.calls).not.toContain('superseding');
  });

  it('it is taken back when nothing public is in it and it cannot serve, and says how long it was seen (H36)', async () => {
    const log = cannotGoForward();
    log.fail('expose', 'after', 1);
    const result = await log.run(({ rotate }) => rotate());
    expect(result.outcome).toBe('rolledBack');
    expect(result.nextTreeVisibleMs).toBeGreaterThan(0);
    expect(log.notAsBefore()).toEqual([]);
    expect(log.calls.filter((act) => act === 'forward')).toHaveLength(3);
  });

  it('a third tree supersedes the next one that took entries and cannot serve (H12)', async () => {
    const log = usedAndCannotGoForward();
    const cancelDoes: string[] = [];
    const result = await log.run(({ rotate, lock }) => {
      const { onCall } = log;
      log.onCall = async (act, when) => {
        await onCall(act, when);
        if (['createNextTree', 'stage', 'confirm'].includes(act)) {
          cancelDoes.push(`${act}: ${(await lock.query<Progress>('progress')).cancelDoes}`);
        }
      };
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
    const [next, third] = log.nextTrees();
    expect(result).toMatchObject({
      outcome: 'superseded',
      superseded: { treeId: next, size: 2 },
      nextTree: { treeId: third, firstIndex: 14 },
    });
    expect(log.active()).toEqual([third]);
    expect((await log.world.gate.read()).configuration).toEqual({
      activeTreeId: third,
      inactiveTreeIds: [FIRST_TREE, CURRENT_TREE, next],
    });
    expect(log.leftovers()).toEqual([]);
  });

  it('the next third tree comes within seconds, however long the pause between attempts is: the log is closed', async () => {
    const log = usedAndCannotGoForward({ attempts: 2, pauseBetweenAttemptsMs: 24 * 3_600_000 });
    void log.once('superseding', () => log.fail('stage', 'after', 1));
    const result = await log.run(({ rotate }) => rotate());

    const third = log.nextTree(3);
    expect(result).toMatchObject({ outcome: 'superseded', nextTree: { treeId: third } });
    expect(log.active()).toEqual([third]);
  });

  it('a third tree supersedes one that was written to past the gate, though it was never exposed (H12)', async () => {
    const log = cannotGoForward();
    log.fail('expose', 'before', 1);
    void log.once('verify', () => log.world.traffic.writePast('green'), 'after');
    // The lease of the hold ends long before.
    void log.once('superseding', async () => {
      while (log.world.gate.mode === 'hold') {
        await log.world.time.pass(100);
      }
    });
    const result = await log.run(({ rotate }) => rotate());

    const [next, third] = log.nextTrees();
    expect(result).toMatchObject({ outcome: 'superseded', superseded: { treeId: next, size: 2 } });
    expect(log.active()).toEqual([third]);
    expect(log.leftovers()).toEqual([]);
  });

  it('it goes on forward, held, when no third tree can be had either', async () => {
    const log = usedAndCannotGoForward();
    void log.once('superseding', () => log.fail('stage', 'after'));
    const result = await log.run(async ({ start, held }) => {
      const handle = await start();
      expect(await held()).toMatchObject({ step: 'forward', reason: { code: 'FORWARD_FAILED' } });
      // Somebody mends it; nobody has to say so.
      log.faults.length = 0;
      return await handle.result();
    });
    const [next, third = ''] = log.nextTrees();
    expect(result).toMatchObject({ outcome: 'completed', nextTree: { treeId: next } });
    expect(log.active()).toEqual([next]);
    expect(log.state(third)).toBe('FROZEN');
    expect(log.leftovers()).toEqual([]);
  });

  it('it is held where a third tree is not wanted, and completes when the release serves again', async () => {
    const log = usedAndCannotGoForward({ ifNextFails: 'hold' });
    const result = await log.run(async ({ start, held, resume }) => {
      const handle = await start();
      expect(await held()).toMatchObject({
        step: 'forward',
        reason: { code: 'FORWARD_FAILED' },
        choices: ['retry', 'giveUp'],
      });
      expect(log.active()).toEqual([]);
      log.faults.length = 0;
      await resume({ choice: 'retry', who: 'ada', why: 'the release is mended' });
      return await handle.result();
    });
    const nextTree = { treeId: log.nextTree(), firstIndex: 12 };
    expect(result).toMatchObject({ outcome: 'completed', nextTree });
    expect(log.calls).not.toContain('superseding');
  });

  it('it is held when the current tree grew after its end was handed over: every index would shift (H1)', async () => {
    const log = new SimulatedLog();
    log.usedBeforeItFailed();
    void log.once(
      'expose',
      async () => {
        const { trillian, time } = log.world;
        await log.setState(CURRENT_TREE, 'ACTIVE');
        await trillian.queueLeaf(CURRENT_TREE, { value: Buffer.from('late'), identity: 'late' }, Infinity);
        await time.pass(500);
        await log.setState(CURRENT_TREE, 'FROZEN');
        // Somebody closed it, so the exposed tree is looked into.
        await log.setState(log.nextTree(), 'FROZEN');
      },
      'after',
    );
    const result = await log.run(async ({ start, held, resume }) => {
      const handle = await start();
      const { reason, step } = await held();
      expect(step).toBe('forward');
      expect(reason.message).toContain('grown');
      await resume({ choice: 'giveUp', who: 'ada', why: 'to be looked into' });
      return await handle.result();
    });
    expect(result.outcome).toBe('held');
    expect(log.active()).toEqual([]);
    expect(log.calls).not.toContain('superseding');
  });
});

/** Temporal does not hear of the worker that acts, and gives up what it does. */
async function untilGivenUp(log: SimulatedLog): Promise<void> {
  log.cutOff(60_000);
  while (!log.hasGivenUp()) {
    await log.world.time.pass(50);
  }
}

describe('a call that lands late (H8)', () => {
  it('is waited for: nothing is taken back while a step that Temporal has given up can still act', async () => {
    const log = new SimulatedLog({ workers: 2 });
    let foundByItsUndo: unknown;
    // No sign of life for a second: given up, and taken back at once unless that waits. Then it acts.
    void log.once('freeze', () => untilGivenUp(log));
    log.fail('verify', 'before');
    void log.once('allowWritesToCurrent', () => {
      foundByItsUndo = log.state(CURRENT_TREE);
    });
    const result = await log.run(({ rotate }) => rotate());
    expect(result.outcome).toBe('rolledBack');
    expect(foundByItsUndo).toBe('FROZEN');
    expect(log.notAsBefore()).toEqual([]);
  });

  it.each<Act>(['freeze', 'verify'])(
    'and is given up in %s takes clients to the next tree all the same, where nothing is taken back then',
    async (act) => {
      const log = new SimulatedLog({ workers: 2 });
      void log.once(act, () => untilGivenUp(log));
      const result = await log.run(({ rotate }) => rotate());
      expect(result).toMatchObject({ outcome: 'completed', attempts: 1 });
      expect(log.active()).toEqual([log.nextTree()]);
      expect(log.calls).not.toContain('allowWritesToCurrent');
    },
  );

  it('after the undo is found in the last look, and taken back once more', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    const late = { state: 'FROZEN' } as const;
    void log.once(
      'retireNextTree',
      () => log.world.trillian.updateTree(CURRENT_TREE, late, Infinity, 'a rotation'),
      'after',
    );
    const result = await log.run(({ rotate }) => rotate());
    expect(result.outcome).toBe('rolledBack');
    expect(log.calls.at(-1)).toBe('lookBack');
    expect(log.notAsBefore()).toEqual([]);
  });
});

describe('a critical section that was terminated', () => {
  it.each<Act>(['hold', 'freeze'])('in %s is taken back by its rotation', async (act) => {
    const log = new SimulatedLog();
    const result = await log.run(({ rotate, criticalSection }) => {
      void log.once(act, () => criticalSection.terminate('by the test'));
      return rotate();
    });
    expect(result.outcome).toBe('rolledBack');
    expect(log.notAsBefore()).toEqual([]);
  });

  it('is carried on by its rotation when clients were sent to the next tree', async () => {
    const log = new SimulatedLog();
    const result = await log.run(({ rotate, criticalSection }) => {
      void log.once('expose', () => criticalSection.terminate('by the test'), 'after');
      return rotate();
    });
    expect(result.outcome).toBe('completed');
    expect(log.active()).toEqual([log.nextTree()]);
  });
});

describe('a rotation whose log belongs to a later one', () => {
  it.each([
    ['before its section', 'stage'],
    ['before the opening', 'freeze'],
    ['after the exposure', 'expose'],
  ] as const)('ends quietly when that came %s', async (_when, act) => {
    const log = new SimulatedLog();
    let found = {};
    void log.once(
      act,
      async () => {
        found = await log.overtaken();
      },
      'after',
    );
    const result = await log.run(({ rotate }) => rotate());
    expect(result.refusals).toMatchObject([{ code: 'NOT_OURS' }]);
    expect(['refused', 'rolledBack']).toContain(result.outcome);
    expect(log.world.gate.state()).toMatchObject(found);
    expect(log.calls).not.toContain('settle');
  });

  it('is given up, and takes no larger number, when a third tree was to supersede the next one', async () => {
    const log = usedAndCannotGoForward({ attempts: 3 });
    void log.once('superseding', () => log.overtaken(), 'after');
    const result = await log.run(({ rotate }) => rotate());
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'NOT_OURS' }] });
    expect(log.calls.filter((act) => act === 'superseding')).toHaveLength(1);
    expect(log.active()).toEqual([]);
  });

  it('does not keep the lock for what it cannot put away: the log may be closed, and others mend it', async () => {
    const log = new SimulatedLog();
    log.fail('discard', 'before');
    void log.once('freeze', () => log.overtaken(), 'after');
    const result = await log.run(({ rotate }) => rotate());
    expect(result).toMatchObject({
      outcome: 'refused',
      refusals: [{ code: 'NOT_OURS' }, {}],
      interventions: [],
    });
    expect(log.isLocked()).toBe(false);
  });
});
