import { setTimeout as wait } from 'node:timers/promises';
import { startSagaServer, type SagaServer } from './saga-server';
import { ALWAYS, World } from './world';

const FIRST_TRY_MS = 2_000;

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

describe('the result of a rotation', () => {
  it('counts all tries of a step, with the pauses between them', async () => {
    const world = new World();
    world.faults.push({ act: 'settle', when: 'before', times: 1 });
    // The first try takes this long, and fails; the second one takes none.
    void world.once('settle', () => wait(FIRST_TRY_MS));
    const result = await server.withWorker(world, ({ rotate }) => rotate());

    const settle = result.steps.filter(({ name }) => name === 'settle');
    expect(settle).toMatchObject([{ kind: 'done' }]);
    expect(settle[0]?.ms).toBeGreaterThanOrEqual(FIRST_TRY_MS);
  });

  it('names the tree that is left when it was rolled back', async () => {
    const world = new World({ attempts: 1 });
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    const result = await server.withWorker(world, ({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'rolledBack', leftTrees: ['next-1'] });
    expect(result.reason).toContain('Left behind: tree next-1');
  });

  it('names the tree that is left when the next slot could not be staged', async () => {
    const world = new World();
    world.faults.push({ act: 'stage', when: 'after', times: ALWAYS });
    const result = await server.withWorker(world, ({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'rolledBack', leftTrees: ['next-1'] });
  });

  it('names the tree of an undone attempt also when a later one completes', async () => {
    const world = new World({ attempts: 2 });
    world.faults.push({ act: 'verify', when: 'after', times: 1 });
    const result = await server.withWorker(world, ({ rotate }) => rotate());

    expect(result).toMatchObject({ outcome: 'completed', attempts: 2, leftTrees: ['next-1'] });
  });

  it('names none when none was made', async () => {
    const result = await server.withWorker(new World(), ({ rotate }) => rotate());
    expect(result).not.toHaveProperty('leftTrees');
  });
});
