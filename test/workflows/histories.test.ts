import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { startSagaServer, type Rotations, type SagaServer } from './saga-server';
import { scenarios, type Scenario } from './scenarios';
import { World } from './world';

/**
 * test/histories keeps what rotations of each outcome left behind. A rotation may be under way while its worker is
 * updated: code that cannot replay these would hang it. Set RECORD_HISTORIES=1 to record them anew, which is right
 * only before a first release, or beside a versioned change.
 */
const folder = path.join(__dirname, '../histories');

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
  if (process.env['RECORD_HISTORIES'] === '1') {
    for (const scenario of scenarios) {
      await record(scenario);
    }
  }
}, 600_000);

afterAll(() => server.close(), 30_000);

async function record(scenario: Scenario): Promise<void> {
  const world = new World();
  await server.withWorker(world, async (rotations: Rotations) => {
    scenario.arrange(world, () => rotations);
    const { client } = rotations.environment;
    const handle = await rotations.start({ log: 'production', ...scenario.request });
    const { outcome } = await handle.result();
    expect(outcome).toBe(scenario.outcome);
    await mkdir(folder, { recursive: true });
    const children = scenario.children.map((workflowId) => client.workflow.getHandle(workflowId));
    for (const [position, part] of [handle, ...children].entries()) {
      const kind = ['rotate-log', 'rotation', 'cut-over'][position] ?? 'other';
      const history = await part.fetchHistory();
      const text = withoutItsMaker(historyToJSON(history));
      await writeFile(path.join(folder, `${scenario.name}.${kind}.json`), text);
    }
  });
}

/** Stack traces, and names of workers and of their queues, tell of the machine, and nothing that a replay looks at. */
function withoutItsMaker(history: string): string {
  const events: unknown = JSON.parse(history, (key, value: unknown) => {
    const tells = key === 'stackTrace' || (typeof value === 'string' && /^\d+@/.test(value));
    return tells ? '' : value;
  });
  return `${JSON.stringify(events, null, 2)}\n`;
}

describe('a history of an earlier version', () => {
  it('is there for every workflow of every outcome', async () => {
    const kept = (await readdir(folder)).filter((file) => file.endsWith('.json'));
    expect(kept.length).toBe(scenarios.reduce((sum, { children }) => sum + 1 + children.length, 0));
  });

  it('is replayed by the workflows as they are now', async () => {
    for (const file of await readdir(folder)) {
      const history = historyFromJSON(JSON.parse(await readFile(path.join(folder, file), 'utf8')));
      const replayed = Worker.runReplayHistory({ workflowBundle: server.workflowBundle }, history);
      await expect(replayed.then(() => file)).resolves.toBe(file);
    }
  }, 60_000);

  it('is not replayed when a step of it is missing, so that this test can fail', async () => {
    const file = path.join(folder, 'completed.rotation.json');
    const history = historyFromJSON(JSON.parse(await readFile(file, 'utf8')));
    const scheduled = history.events?.filter((event) => event.activityTaskScheduledEventAttributes) ?? [];
    const [first, second] = scheduled.map((event) => event.activityTaskScheduledEventAttributes);
    [first, second].forEach((event) => {
      if (event?.activityType) {
        event.activityType.name = 'anotherStep';
      }
    });
    await expect(Worker.runReplayHistory({ workflowBundle: server.workflowBundle }, history)).rejects.toThrow(
      /TMPRL1100|[Nn]ondeterminism|Determinism/,
    );
  });
});
