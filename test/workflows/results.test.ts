import { SimulatedLog } from './simulated-log';

const FIRST_TRY_MS = 2_000;

describe('the result of a rotation', () => {
  it('counts all tries of a step, with the pauses between them', async () => {
    const log = new SimulatedLog();
    log.fail('settle', 'before', 1);
    // The first try takes this long, and fails; the second one takes none.
    void log.once('settle', () => log.world.time.pass(FIRST_TRY_MS));
    const result = await log.run(({ rotate }) => rotate());

    const settle = result.steps.filter(({ name }) => name === 'settle');
    expect(settle).toMatchObject([{ kind: 'done' }]);
    expect(settle[0]?.ms).toBeGreaterThanOrEqual(FIRST_TRY_MS);
  });

  it('names the tree that is left when it was rolled back', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    const result = await log.run(({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'rolledBack', leftTrees: [log.nextTree()] });
    expect(result.reason).toContain(`Left behind: tree ${log.nextTree()}`);
  });

  it('names the tree that is left when the next slot could not be staged', async () => {
    const log = new SimulatedLog();
    log.fail('stage', 'after');
    const result = await log.run(({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'rolledBack', leftTrees: [log.nextTree()] });
  });

  it('names the tree of an undone attempt also when a later one completes', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('verify', 'after', 1);
    const result = await log.run(({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, leftTrees: [log.nextTree()] });
  });

  it('says what clients paid when it was rolled back: the longest times and all counts of its attempts', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('freeze', 'after');
    const writesInEachHold = (times: number): void => {
      void log.once('freeze', () => {
        void log.world.traffic.write();
        if (times > 1) writesInEachHold(times - 1);
      });
    };
    writesInEachHold(2);
    const result = await log.run(({ rotate }) => rotate());

    const undone = result.steps.filter(({ name, kind }) => name === 'hold' && kind === 'undone');
    expect(undone).toMatchObject([
      { attempt: 1, writes: { held: 1, refused: 0 } },
      { attempt: 2, writes: { held: 1, refused: 0 } },
    ]);
    expect(result).toMatchObject({ outcome: 'rolledBack', writes: { held: 2, refused: 0 } });
    const waits = undone.map(({ writes }) => writes?.longestWaitMs ?? NaN);
    expect(result.writes?.longestWaitMs).toBe(Math.max(...waits));
    expect(result.writes?.stallMs).toBeGreaterThan(0);
  });

  it('counts the writes of an attempt that was undone also when a later one completes', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('verify', 'after', 1);
    void log.once('verify', () => void log.world.traffic.write());
    const result = await log.run(({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'completed', writes: { held: 1, refused: 0 } });
  });

  it('names none when none was made', async () => {
    const result = await new SimulatedLog().run(({ rotate }) => rotate());
    expect(result).not.toHaveProperty('leftTrees');
  });
});
