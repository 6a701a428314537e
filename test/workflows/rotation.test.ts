import { CURRENT_TREE, FIRST_TREE, SimulatedLog, undos, type Act, type When } from './simulated-log';
import { failedForInput } from './wrong-input';
import { urlOf } from '../../simulation/world/host';
import type { RotationResult } from '../../workflows/model/result';

const beforeNoReturn: readonly Act[] = ['createNextTree', 'stage', 'hold', 'start', 'freeze', 'verify'];

describe('a rotation', () => {
  it('ends completed, with the next tree alone ACTIVE', async () => {
    const log = new SimulatedLog();
    const result = await log.run(({ rotate }) => rotate());
    expect(result).toMatchObject({
      outcome: 'completed',
      attempts: 1,
      nextTree: { treeId: log.nextTree(), firstIndex: 12 },
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
    expect(log.active()).toEqual([log.nextTree()]);
    expect(log.serving()).toBe('green');
    expect(log.standing()).toEqual(['green']);
  });

  it('is followed by another one of the same log, from its next tree on', async () => {
    const log = new SimulatedLog();
    const second = await log.run(async ({ rotate }) => {
      await rotate();
      return await rotate();
    });
    const [next, afterNext] = log.nextTrees();
    expect(second).toMatchObject({ outcome: 'completed', nextTree: { treeId: afterNext, firstIndex: 13 } });
    expect(log.world.host.configured('blue')).toEqual({
      activeTreeId: afterNext,
      inactiveTreeIds: [FIRST_TREE, CURRENT_TREE, next],
    });
  });

  it.each(
    beforeNoReturn.flatMap((act): [Act, When][] => [
      [act, 'before'],
      [act, 'after'],
    ]),
  )('leaves everything as before when %s fails %s its effect', async (act, when) => {
    const log = new SimulatedLog();
    log.fail(act, when);
    const result = await log.run(({ rotate }) => rotate());
    expect(result.outcome).toBe('rolledBack');
    expect(result.reason).toContain(act);
    expect(log.notAsBefore()).toEqual([]);
  });

  it.each(undos)(
    'leaves everything as before when the undo %s fails after its effect and runs twice',
    async (act) => {
      const log = new SimulatedLog();
      log.fail('expose', 'before');
      log.fail(act, 'after', 1);
      const result = await log.run(({ rotate }) => rotate());
      expect(result.outcome).toBe('rolledBack');
      expect(log.calls.filter((call) => call === act)).toHaveLength(2);
      expect(log.notAsBefore()).toEqual([]);
    },
  );

  it('gives writes back before it stops the next release (H26)', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    await log.run(({ rotate }) => rotate());
    expect(log.calls.slice(log.calls.indexOf('expose') + 1)).toEqual(undos);
  });

  it('takes a new tree after an attempt that may have used the first one (H3)', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('verify', 'after', 1);
    const result = await log.run(({ rotate }) => rotate());
    const [first = '', second] = log.nextTrees();
    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, nextTree: { treeId: second } });
    expect(log.state(first)).toBe('FROZEN');
  });

  it('keeps the tree of an attempt that was undone before (H3)', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('hold', 'after', 1);
    const result = await log.run(({ rotate }) => rotate());
    const [treeId, ...others] = log.nextTrees();
    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, nextTree: { treeId } });
    expect(others).toEqual([]);
  });
});

describe('what someone else changed before the hold', () => {
  const changes: Record<string, (log: SimulatedLog) => unknown> = {
    'the state of the current tree': (log) => log.setState(CURRENT_TREE, 'FROZEN'),
    'the state of the next tree': (log) => log.setState(log.nextTree(), 'FROZEN'),
    'the next slot, which runs': ({ world }) => world.host.start('green'),
    'the next slot, whose files are kept no more': ({ world: { files } }) => {
      const kept = Object.keys(files.below('/simulated/slots/')).filter((path) => path.includes('.before-'));
      expect(kept.length).toBeGreaterThan(0);
      kept.forEach((path) => files.remove(path));
    },
    'the gate, which sends elsewhere': ({ world: { gate } }) =>
      gate.order({ kind: 'send', order: { attemptId: 'someone/1', number: 1, instances: [urlOf('green')] } }),
  };
  it.each(Object.keys(changes))('is left as it is found: %s', async (what) => {
    const log = new SimulatedLog();
    void log.once(
      'stage',
      async () => {
        log.changedBySomeone();
        await changes[what]?.(log);
      },
      'after',
    );
    const result = await log.run(({ rotate }) => rotate());
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CHANGED_BY_SOMEONE' }] });
    expect(log.calls).toEqual(['createNextTree', 'stage', 'discard', 'retireNextTree']);
    expect(log.state(CURRENT_TREE)).toBe(what === 'the state of the current tree' ? 'FROZEN' : 'ACTIVE');
    expect(log.world.gate.mode).toBe('pass');
  });
});

describe('the lock', () => {
  it('is not left by terminating the workflow that a person started (H22)', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ start, lock }) => {
      const asked = await start();
      await log.once('stage', async () => {
        await asked.terminate('by the test');
      });
      return await lock.result();
    });
    expect(result.outcome).toBe('completed');
  });

  it('refuses a second rotation while one of the log runs, with the first one’s name (H22)', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, rotate, lock }) => {
      let second: RotationResult | undefined;
      void log.once('stage', async () => {
        expect((await lock.describe()).memo).toMatchObject({ startedBy: 'the-first' });
        second = await rotate();
      });
      const first = await (await start({}, 'the-first')).result();
      expect(second).toMatchObject({ outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
      expect(second?.reason).toContain('the-first');
      expect(first.outcome).toBe('completed');
    });
  });
});

describe('a request', () => {
  it.each([
    [
      'cannot be meant so',
      { dryrun: true, currentTree: 7 },
      'REQUEST_INVALID',
      /dryrun is true.*currentTree is 7.*Start it again with/,
    ],
    [
      'names a log that there is not',
      { log: 'lob' },
      'UNKNOWN_LOG',
      /no log named "lob".*Did you mean "lab"/,
    ],
  ])('fails when it %s, in one message without a stack', async (_, request, code, message) => {
    const log = new SimulatedLog();
    const failed = await log.run(async ({ start }) => failedForInput(await start(request as object)));
    expect(failed).toMatchObject({ code, outcome: 'refused' });
    expect(failed.message).toMatch(message);
    expect(failed.stack).not.toContain('    at ');
    expect(log.calls).toEqual([]);
  });

  it('is refused for a log that an interrupted rotation left half way', async () => {
    const { result, calls } = await ofLogLeftHalfWay();
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'LEFTOVERS' }] });
    expect(result.reason).toContain('recover');
    expect(calls).toEqual([]);
  });

  it('is answered with everything that was looked at, however the rotation ends', async () => {
    const completed = await new SimulatedLog().run(({ rotate }) => rotate());
    const { result: refused } = await ofLogLeftHalfWay();
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

  async function ofLogLeftHalfWay() {
    const log = new SimulatedLog();
    return await log.run(async (rotations) => {
      await log.lostIn('stage', rotations);
      log.calls.length = 0;
      const result = await rotations.rotate();
      const calls = [...log.calls];
      await rotations.recover();
      return { result, calls };
    });
  }
});

describe('a dry run', () => {
  it('says the steps of the real run in their order and does nothing', async () => {
    const [dry, real] = [new SimulatedLog(), new SimulatedLog()];
    const said = await dry.run(({ rotate }) => rotate({ dryRun: true }));
    const done = await real.run(({ rotate }) => rotate());
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
