import { Client } from '@temporalio/client';
import { pino } from 'pino';
import { runWorker } from '../../workers/worker';
import type { GuardResult } from '../../workflows/model/guarding';
import { freePort } from '../free-port';
import { startTemporal, until, type TemporalServer } from './temporal-server';

let server: TemporalServer;
let metrics: string;
let worker: Promise<void>;
const stop = new AbortController();

beforeAll(async () => {
  server = await startTemporal();
  metrics = `127.0.0.1:${await freePort()}`;
  const logger = pino({ level: 'silent' });
  worker = runWorker(server.configuration(), { logger, metrics, signal: stop.signal });
});

afterAll(async () => {
  stop.abort();
  await worker;
  await server.stop();
});

it('guards its logs from the start, and shows their alarms as metrics (H23)', async () => {
  const client = new Client({ connection: server.connection });
  const result = await until(async () => {
    const [look] = (await client.schedule.getHandle('guard-production').describe()).info.recentActions;
    const { workflowId } = look?.action.workflow ?? { workflowId: '' };
    return (await client.workflow.getHandle(workflowId).result()) as GuardResult;
  });

  expect(result).toMatchObject({ log: 'production', recover: false });
  expect(result.alarms.length).toBeGreaterThan(0);
  await until(async () => {
    const shown = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(shown).toMatch(/^rekor_rotate_alarms\{.*log="production".*\} [1-9]/m);
    expect(shown).toMatch(/^rekor_rotate_held\{.*log="production".*\} 0$/m);
    expect(shown).toMatch(/^rekor_rotate_cancel_takes_back\{.*log="production".*\} 0$/m);
    expect(shown).toMatch(/^rekor_rotate_last_look_age_seconds\{.*log="production".*\} \d/m);
  });
});
