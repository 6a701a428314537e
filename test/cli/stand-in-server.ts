import { until } from '../patience';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { ensureBinaries } from '../../tools/binaries';
import { readGuardian } from '../../workers/guardian';
import { guardId } from '../../workflows/messages';
import type { LookOrder } from './stand-in-workflows';

/** A real Temporal server with a worker whose workflows do nothing. */
export interface StandIn {
  readonly address: string;
  readonly temporal: TestWorkflowEnvironment['client'];
  /** Writes the example as it would be for a server, by default this one, and a task queue, by default that of the worker. */
  configured(taskQueue?: string, address?: string): string;
  /** Writes it for this server with another log alone. */
  configuredFor(log: string): string;
  /** Makes a guardian for a log, or changes it, and waits until it has looked and ended as it was told. */
  guarded(order: LookOrder): Promise<void>;
  stop(): Promise<void>;
}

/** One server for all tests of a file, which are those of its group; it is a server only while they run. */
export function useStandIn(): StandIn & { readonly config: string } {
  const server = {} as StandIn & { config: string };
  beforeAll(async () => {
    Object.assign(server, await startStandIn());
    server.config = server.configured();
  });
  afterAll(() => server.stop());
  return server;
}

async function startStandIn(): Promise<StandIn> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { temporal } = await ensureBinaries(() => undefined);
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal } },
  });
  const worker = await Worker.create({
    connection: server.nativeConnection,
    taskQueue: 'stand-in',
    workflowsPath: require.resolve('./stand-in-workflows'),
  });
  const running = worker.run();
  const configured = (taskQueue = 'stand-in', address = server.address): string => {
    const example = readFileSync(resolve(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8');
    const file = join(mkdtempSync(join(tmpdir(), 'cli-')), 'rekor-rotate.yaml');
    writeFileSync(
      file,
      example
        .replace('127.0.0.1:7233', address)
        .replace('taskQueue: rekor-rotate', `taskQueue: ${taskQueue}`),
    );
    return file;
  };
  return {
    address: server.address,
    temporal: server.client,
    configured,
    configuredFor: (log) => {
      const file = configured();
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^ {2}production:$/m, `  ${log}:`));
      return file;
    },
    guarded: async (order) => {
      const { schedule } = server.client;
      const scheduleId = guardId(order.log);
      const handle = schedule.getHandle(scheduleId);
      await handle.delete().catch(() => undefined);
      const before = await readGuardian(server.client, order.log);
      await schedule.create({
        scheduleId,
        spec: { intervals: [{ every: '5m' }] },
        policies: { overlap: ScheduleOverlapPolicy.SKIP },
        action: {
          type: 'startWorkflow',
          workflowType: 'guardLog',
          workflowId: `guard-${order.log}`,
          args: [order],
          taskQueue: 'stand-in',
        },
      });
      await handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL);
      await until(async () => {
        const { lastLook, failure } = await readGuardian(server.client, order.log);
        return order.fails
          ? failure !== null
          : lastLook !== null && lastLook.endedAt.getTime() !== before.lastLook?.endedAt.getTime();
      });
    },
    stop: async () => {
      worker.shutdown();
      await running;
      await server.teardown();
    },
  };
}
