import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { ensureBinaries } from '../../tools/binaries';
import { lockId, ROTATE_LOG } from '../../workflows/messages';
import type { RotationRequest, RotationResult } from '../../workflows/model/rotation';
import type { World } from './world';

/** A real Temporal server with default settings, and workers whose activities act on a `World`. */
export interface SagaServer {
  /** Runs `body` while a worker of its own task queue serves the world. */
  withWorker<Result>(world: World, body: (rotations: Rotations) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
  readonly workflowBundle: WorkflowBundleWithSourceMap;
}

export interface Rotations {
  readonly start: (request: RotationRequest, workflowId?: string) => Promise<WorkflowHandle<Rotate>>;
  readonly rotate: (request: RotationRequest) => Promise<RotationResult>;
  /** Asks the rotation itself, the holder of the lock, to cancel. */
  readonly cancel: (log: string) => Promise<void>;
  readonly environment: TestWorkflowEnvironment;
}

type Rotate = (request: RotationRequest) => Promise<RotationResult>;

export async function startSagaServer(): Promise<SagaServer> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { temporal } = await ensureBinaries(() => undefined);
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal } },
  });
  const workflowBundle: WorkflowBundleWithSourceMap = await bundleWorkflowCode({
    workflowsPath: path.join(__dirname, '../../workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  let queues = 0;
  return {
    workflowBundle,
    withWorker: async (world, body) => {
      queues += 1;
      const taskQueue = `saga-${queues}`;
      const worker = await Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        workflowBundle,
        activities: world.activities(),
        maxHeartbeatThrottleInterval: '100ms',
        defaultHeartbeatThrottleInterval: '100ms',
      });
      let started = 0;
      const start: Rotations['start'] = (request, workflowId) => {
        started += 1;
        return environment.client.workflow.start<Rotate>(ROTATE_LOG, {
          workflowId: workflowId ?? `${taskQueue}-${started}`,
          taskQueue,
          args: [request],
        });
      };
      return await worker.runUntil(() =>
        body({
          start,
          rotate: async (request) => await (await start(request)).result(),
          cancel: async (log) => {
            await environment.client.workflow.getHandle(lockId(log)).cancel();
          },
          environment,
        }),
      );
    },
    close: () => environment.teardown(),
  };
}
