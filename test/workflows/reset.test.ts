import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { RotationResult } from '../../workflows/model/result';
import { atOnce, each } from './at-once';
import { startSagaServer, type Rotations, type SagaServer } from './saga-server';
import { World, type Act } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

/** More workflow tasks than a rotation has when it goes well. */
const TASKS = 14;

const tasks = each(...Array.from({ length: TASKS }, (_, position) => String(position + 1)));

/** Resets a workflow to the end of one of its workflow tasks; the last one stands for all that come after it. */
async function resetTo({ environment }: Rotations, handle: WorkflowHandle, task: number): Promise<void> {
  const { events = [] } = await handle.fetchHistory();
  const ends = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const event = ends[Math.min(task, ends.length) - 1];
  const { workflowService, options } = environment.client;
  await workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    workflowTaskFinishEventId: event?.eventId ?? null,
    requestId: randomUUID(),
    reason: 'by the test',
  });
}

/** The rotation ended as it says, and the log is in one of the two states that a rotation may leave. */
function expectOneEnd(world: World, before: object, result: RotationResult): void {
  expect(world.active()).toHaveLength(1);
  expect(world.found().leftovers).toEqual([]);
  if (world.active()[0] === '200') {
    expect(world.cleanSlate()).toEqual(before);
    expect(result.outcome).not.toBe('completed');
  } else {
    expect(world.active()).toEqual(['next-1']);
    expect(world.gate).toMatchObject({ mode: 'pass', upstream: 'green' });
    expect(world.standing).toBe('green');
    expect(['completed', 'refused']).toContain(result.outcome);
  }
}

describe('a rotation that is reset after it has completed', () => {
  const resets = atOnce(tasks, async (task) => {
    const world = new World();
    const before = world.cleanSlate();
    return await server.withWorker(world, async (rotations) => {
      await rotations.rotate();
      const completed = world.cleanSlate();
      await resetTo(rotations, rotations.lock, Number(task));
      return { world, before, completed, result: await rotations.lock.result() };
    });
  });
  it.each(tasks)('to workflow task %s leaves the log as it completed it (H7)', async (task) => {
    const { world, before, completed, result } = await resets(task);
    expect(world.cleanSlate()).toEqual(completed);
    expectOneEnd(world, before, result);
  });
});

const moments = each<Act>('stage', 'hold', 'freeze', 'verify', 'confirm', 'soak');

describe.each(moments)('a rotation that is reset while it runs, in %s,', (act) => {
  const resets = atOnce(tasks, async (task) => {
    const world = new World();
    const before = world.cleanSlate();
    return await server.withWorker(world, async (rotations) => {
      const starting = rotations.start();
      await new Promise<void>((resolve, reject) => {
        void world.once(act, () => resetTo(rotations, rotations.lock, Number(task)).then(resolve, reject));
      });
      await starting;
      // The run that was reset ends terminated; the one that follows it is the rotation now.
      const result = await rotations.lock.result();
      const { leftovers } = world.found();
      if (leftovers.length === 0) {
        return { world, before, result };
      }
      // One that looks again from the start finds what its former run did, and refuses; the guardian ends it.
      expect(result).toMatchObject({ outcome: 'refused' });
      return { world, before, result: await rotations.recover() };
    });
  });
  it('to any of its workflow tasks ends as before or completed, never with two trees ACTIVE (H7)', async () => {
    for (const [task] of tasks) {
      const { world, before, result } = await resets(task);
      expectOneEnd(world, before, result);
    }
  });
});

describe('a critical section that is reset', () => {
  const acts = each<Act>('freeze', 'verify', 'expose');
  const resets = atOnce(acts, async (act) => {
    const world = new World();
    const before = world.cleanSlate();
    return await server.withWorker(world, async (rotations) => {
      const starting = rotations.start();
      await world.once(act, () => resetTo(rotations, rotations.criticalSection, 1));
      return { world, before, result: await (await starting).result() };
    });
  });
  it.each(acts)('in %s ends as before or completed, never with two trees ACTIVE (H7)', async (act) => {
    const { world, before, result } = await resets(act);
    expectOneEnd(world, before, result);
  });
});

describe('a worker that is replaced in the middle of a rotation', () => {
  it.each<Act>(['stage', 'freeze', 'confirm'])(
    'in %s is followed by one that goes on from the history',
    async (act) => {
      const world = new World();
      const result = await server.withWorker(world, async ({ start }) => {
        const starting = start();
        let replaced: Promise<void> = Promise.resolve();
        await world.once(act, () => {
          replaced = server.replaceWorker();
        });
        await replaced;
        return await (await starting).result();
      });
      expect(result).toMatchObject({ outcome: 'completed', attempts: 1, nextTree: { treeId: 'next-1' } });
      expect(world.calls.filter((called) => called === act)).toHaveLength(1);
    },
  );
});
