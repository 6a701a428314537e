import { defaultPayloadConverter } from '@temporalio/common';
import { startSagaServer, type SagaServer } from './saga-server';
import { ALWAYS, World } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

interface Labelled {
  fetchHistory(): Promise<{ readonly events?: readonly object[] | null }>;
}

/** What the Temporal UI writes on the bar of each activity and child, in their order; empty for one without. */
async function summariesOf(workflow: Labelled): Promise<string[]> {
  const { events } = await workflow.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const { userMetadata, ...rest } = event as Event;
    const scheduled =
      rest.activityTaskScheduledEventAttributes ?? rest.startChildWorkflowExecutionInitiatedEventAttributes;
    const summary = userMetadata?.summary;
    return scheduled ? [summary ? defaultPayloadConverter.fromPayload<string>(summary) : ''] : [];
  });
}

interface Event {
  readonly userMetadata?: { readonly summary?: Parameters<typeof defaultPayloadConverter.fromPayload>[0] };
  readonly activityTaskScheduledEventAttributes?: object | null;
  readonly startChildWorkflowExecutionInitiatedEventAttributes?: object | null;
}

describe('the timeline in the Temporal UI', () => {
  it('names the steps of a rotation as `status` does, and begins its result with the outcome', async () => {
    await server.withWorker(new World(), async ({ start, lock, criticalSection }) => {
      const asked = await start();
      const result = await asked.result();

      expect(await summariesOf(lock)).toEqual([
        'preflight',
        'createTree',
        'stage',
        'critical section: hold, start, freeze, verify, expose (attempt 1)',
        'confirm',
        'settle',
        'soak',
      ]);
      expect(await summariesOf(criticalSection)).toEqual(['hold, start, freeze', 'verify, expose']);
      expect((await summariesOf(asked)).every((summary) => summary !== '')).toBe(true);
      expect(Object.keys(result).slice(0, 2)).toEqual(['outcome', 'reason']);
      expect(Object.keys(result).at(-1)).toBe('plan');
    });
  });

  it('names every activity of a rotation that is superseded', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'before', times: 1 });
    world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
    void world.once('verify', () => world.write('next-1'), 'after');
    await server.withWorker(world, async ({ rotate, lock }) => {
      expect((await rotate()).outcome).toBe('superseded');

      const summaries = await summariesOf(lock);
      expect(summaries).toContain('supersede');
      expect(summaries).not.toContain('');
    });
  });

  it('names undos as `status` does', async () => {
    const world = new World({ attempts: 1 });
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    await server.withWorker(world, async ({ rotate, lock, criticalSection }) => {
      await rotate();

      expect(await summariesOf(lock)).toEqual(
        expect.arrayContaining(['undo stage', 'undo createTree', 'look back']),
      );
      expect(await summariesOf(criticalSection)).toEqual(
        expect.arrayContaining(['undo verify', 'undo freeze', 'undo hold', 'undo start']),
      );
    });
  });
});
