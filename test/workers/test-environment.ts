import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { ensureBinaries } from '../../tools/binaries';
import type { TemporalTarget } from '../../config/temporal-target';

/** A real Temporal server with its clients in this process, and what a worker of the task queue is told of it. */
export async function startEnvironment(
  taskQueue: string,
): Promise<{ readonly server: TestWorkflowEnvironment; readonly target: TemporalTarget }> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { temporal } = await ensureBinaries(() => undefined);
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal } },
  });
  const { address } = server;
  return { server, target: { address, namespace: 'default', taskQueue, options: { address } } };
}
