import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { criticalSectionRuns, lockHolder, lockOwner } from '../../../activities/steps/lock';
import { ensureBinaries } from '../../../tools/binaries';
import { pausedBy, startPausingFront, type PausingFront } from '../../cli/pausing-front';
import { refused } from '../refused';

let server: TestWorkflowEnvironment;
let front: PausingFront;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { temporal } = await ensureBinaries(() => undefined);
  server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal } },
  });
  front = await startPausingFront(server.address);
  connection = await Connection.connect({ address: front.address });
  client = new Client({ connection });
});

afterAll(async () => {
  await connection.close();
  front.stop();
  await server.teardown();
});

/** An open workflow that no worker carries on. */
async function open(workflowId: string): Promise<void> {
  await server.client.workflow.start('rotateUnderLock', {
    ...{ workflowId, taskQueue: 'nobody-polls-this' },
    memo: { rotationId: 'r', startedBy: 'rotate-by-ada' },
  });
}

it('finds nobody where there is nobody', async () => {
  expect(await lockHolder(client, 'none')).toBeNull();
  expect(await criticalSectionRuns(client, 'none')).toBe(false);
  expect(await lockOwner(client, 'none', 60_000)).toBeNull();
});

it('names who holds a log', async () => {
  await open('log-held');

  expect(await lockHolder(client, 'held')).toEqual({ rotation: 'r', startedBy: 'rotate-by-ada' });
  expect(await lockOwner(client, 'held', 60_000)).toMatchObject({
    workflowId: 'log-held',
    rotation: 'r',
    paused: null,
  });
});

it('takes a paused rotation for open, and names who has paused it', async () => {
  await open('log-paused');
  front.pause('log-paused');

  expect(await refused('ROTATION_PAUSED', lockHolder(client, 'paused'))).toContain('is paused in Temporal');
  expect(await lockOwner(client, 'paused', 60_000)).toMatchObject({
    rotation: 'r',
    paused: { workflowId: 'log-paused', by: pausedBy.identity, reason: pausedBy.reason },
  });
});

it('takes a paused critical section for open, and lets nobody wait for it', async () => {
  await open('critical-section-section');
  front.pause('critical-section-section');

  expect(await refused('ROTATION_PAUSED', criticalSectionRuns(client, 'section'))).toContain(
    'is paused in Temporal',
  );
  expect(await refused('ROTATION_PAUSED', lockHolder(client, 'section'))).toContain('is paused in Temporal');
  expect(await lockOwner(client, 'section', 60_000)).toMatchObject({
    paused: { workflowId: 'critical-section-section' },
  });
});
