import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { History } from '@temporalio/common/lib/proto-utils';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { VirtualTime, type Waiting } from '../../simulation/virtual-time';
import { ensureBinaries } from '../../tools/binaries';
import type { Rotations, Temporal } from './rotations';
import { WorldLog, type LogOptions } from './world-log';

/** A real Temporal server, for logs of the simulation whose time is then the machine's. */
export interface SagaServer {
  /** Runs `body` while a worker serves a new log. */
  withLog<Result>(
    options: LogOptions,
    body: (log: WorldLog, rotations: Rotations) => Promise<Result>,
  ): Promise<Result>;
  historyOf(workflowId: string): Promise<History>;
  close(): Promise<void>;
}

const TASK_QUEUE = 'saga';

/** Temporal's runtime in this process says what is wrong and no more. */
export function installQuietRuntime(): void {
  const logger = new DefaultLogger('ERROR', ({ message, meta }) => {
    if (!message.startsWith('ALARM: ')) {
      process.stderr.write(`${message} ${JSON.stringify(meta)}\n`);
    }
  });
  // An activity that ends after its workflow is a warning to the core, and what some scenarios are about.
  const filter = makeTelemetryFilterString({ core: 'ERROR' });
  Runtime.install({ logger, telemetryOptions: { logging: { filter } } });
}

export async function startSagaServer(): Promise<SagaServer> {
  installQuietRuntime();
  const { temporal: executable } = await ensureBinaries(() => undefined);
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: executable } },
  });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.join(__dirname, '../../workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
    workflowInterceptorModules: [path.join(__dirname, 'patient-clock.ts')],
  });
  const { workflow } = environment.client;
  const temporal: Temporal = {
    start: (type, options) => workflow.start(type, { ...options, taskQueue: TASK_QUEUE }),
    getHandle: (workflowId) => workflow.getHandle(workflowId),
    pass: (ms) => wait(ms),
  };
  return {
    withLog: async (options, body) => {
      const workers: (() => Promise<void>)[] = [];
      const log = new WorldLog(options, {
        time: new RealTime(),
        temporal: async ({ world }) => {
          const worker = await Worker.create({
            connection: environment.nativeConnection,
            taskQueue: TASK_QUEUE,
            workflowBundle,
            activities: world.activities,
            maxHeartbeatThrottleInterval: '100ms',
          });
          const ended = worker.run();
          workers.push(async () => {
            worker.shutdown();
            await ended;
          });
          return temporal;
        },
      });
      try {
        return await log.run((rotations) => body(log, rotations));
      } finally {
        await Promise.all(workers.map((stop) => stop()));
      }
    },
    historyOf: (workflowId) => workflow.getHandle(workflowId).fetchHistory(),
    close: () => environment.teardown(),
  };
}

/** Every longer timer is for what never happens in a test. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
class RealTime extends VirtualTime {
  readonly #began = Date.now();

  override get now(): number {
    return Date.now();
  }

  override get elapsed(): number {
    return this.now - this.#began;
  }

  override after(delayMs: number, act: () => void): Waiting {
    const timer = setTimeout(act, Math.min(delayMs, LONGEST_TIMER_MS));
    return { cancel: () => clearTimeout(timer) };
  }

  override async run(done: () => boolean): Promise<void> {
    while (!done()) {
      await wait(20);
    }
  }
}
