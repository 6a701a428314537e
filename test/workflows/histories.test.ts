import './simulated-process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { workflowBundle as bundled } from '../workflow-bundle';
import { installQuietRuntime, startSagaServer, type SagaServer } from './saga-server';
import { scenarios, unhurried, type Scenario } from './scenarios';

/**
 * test/histories keeps what rotations of each outcome left behind. A rotation may be under way while its worker is
 * updated: code that cannot replay these would hang it. RECORD_HISTORIES=1 records them anew, which is right
 * only before a first release, or beside a versioned change. RECORD_HISTORIES=NAME records those of a new scenario alone.
 */
const folder = path.join(__dirname, '../histories');

const workflowBundle = { code: bundled() };

beforeAll(async () => {
  const asked = process.env['RECORD_HISTORIES'];
  if (asked !== undefined) {
    await recordAgain(asked === '1' ? scenarios : scenarios.filter(({ name }) => name === asked));
  } else {
    installQuietRuntime();
  }
});

async function recordAgain(asked: readonly Scenario[]): Promise<void> {
  const server = await startSagaServer();
  try {
    if (asked.length === scenarios.length) {
      await rm(folder, { recursive: true, force: true });
    }
    await mkdir(folder, { recursive: true });
    for (const scenario of asked) {
      await record(server, scenario);
    }
  } finally {
    await server.close();
  }
}

async function record(server: SagaServer, { name, options, run }: Scenario): Promise<void> {
  const recorded = await server.withLog({ ...unhurried, ...options }, run);
  for (const { kind, workflowId } of recorded) {
    const text = withoutItsMaker(historyToJSON(await server.historyOf(workflowId)));
    await writeFile(path.join(folder, `${name}.${kind}.json`), text);
  }
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
  it('is there for every scenario, and for every outcome', async () => {
    const kept = new Set((await readdir(folder)).map((file) => file.split('.')[0]));
    expect([...kept].sort()).toEqual(scenarios.map(({ name }) => name).sort());
  });

  it('is replayed by the workflows as they are now', async () => {
    for (const file of await readdir(folder)) {
      const history = historyFromJSON(JSON.parse(await readFile(path.join(folder, file), 'utf8')));
      const replayed = Worker.runReplayHistory({ workflowBundle }, history);
      await expect(replayed.then(() => file)).resolves.toBe(file);
    }
  });

  it('is not replayed when a step of it is missing, so that this test can fail', async () => {
    const file = path.join(folder, 'completed.rotateUnderLock.json');
    const history = historyFromJSON(JSON.parse(await readFile(file, 'utf8')));
    const scheduled = history.events?.filter((event) => event.activityTaskScheduledEventAttributes) ?? [];
    const [first, second] = scheduled.map((event) => event.activityTaskScheduledEventAttributes);
    [first, second].forEach((event) => {
      if (event?.activityType) {
        event.activityType.name = 'anotherStep';
      }
    });
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow(
      /TMPRL1100|[Nn]ondeterminism|Determinism/,
    );
  });
});
