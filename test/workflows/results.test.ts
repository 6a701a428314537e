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

  it('names none when none was made', async () => {
    const result = await new SimulatedLog().run(({ rotate }) => rotate());
    expect(result).not.toHaveProperty('leftTrees');
  });
});
