import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import path from 'node:path';
import { Client } from '@temporalio/client';
import {
  type NativeConnection,
  Runtime,
  Worker,
  type Logger as TemporalLogger,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities';
import { allEnded } from '../activities/bounds/waiting';
import { RefusalError } from '../activities/errors/refusal-error';
import { ownTaskQueue } from '../workflows/model/section-workers';
import type { Configuration } from '../config/configuration';
import { keptIntents, tellOfFormerWorker } from './former-worker';
import { keepGauges } from './gauges';
import { keepGuarded } from './guard-schedule';
import { warnOfSchedules } from './schedule-dangers';
import { keepSearchAttributes } from './search-attributes';
import { connectSystems } from './systems';
import { connectWorker } from './temporal-connection';
import { temporalTarget, type TemporalTarget } from '../config/temporal-target';

/** How long a worker that starts waits between two tries to reach Temporal, in milliseconds. */
const RECONNECT_MS = 1_000;

/** A running activity of the critical section may end by itself when its worker is asked to stop. */
const GRACE = '5 seconds';

export interface WorkerRun {
  readonly logger: Logger;
  /** Where to show metrics, `IP:port`, instead of where the configuration says. */
  readonly metrics?: string;
  /** Where it keeps what it begins in a critical section, for the worker after it. Absent: nowhere. */
  readonly runtimeDirectory?: string | undefined;
  /** Stops the worker when aborted: nothing new is taken, what runs gets some seconds to end. */
  readonly signal: AbortSignal;
}

/** Runs a worker for every log of the configuration until it is told to stop; waits for Temporal when it is away. */
export async function runWorker(configuration: Configuration, run: WorkerRun): Promise<void> {
  const { logger, signal, metrics = configuration.metrics } = run;
  installRuntime(logger, metrics);
  const target = await temporalTarget(configuration.temporal);
  const connection = await connected(target, { logger, signal });
  if (!connection) {
    return;
  }
  const logs = new Map(
    Object.entries(configuration.logs).map(([name, log]) => [name, connectSystems(log)] as const),
  );
  try {
    const { namespace, taskQueue } = target;
    // In containers two processes may have the same number and the same host.
    const identity = `${process.pid}@${hostname()}-${randomBytes(4).toString('hex')}`;
    const intents = await keptIntents(run.runtimeDirectory, logger);
    const activities = createActivities(logs, { taskQueue, identity }, intents);
    const shared = { connection, namespace, identity, activities, ...takeOver, shutdownGraceTime: GRACE };
    const worker = await Worker.create({ ...shared, taskQueue, ...workflows() });
    // Only this process asks it: a critical section and whoever stands by for it are given to two.
    const own = await Worker.create({ ...shared, taskQueue: ownTaskQueue(taskQueue, identity) });
    const ended = new AbortController();
    const untilEnded = { logger, signal: ended.signal };
    const both = [worker, own];
    const stop = (): void => {
      ended.abort();
      both.filter((one) => one.getState() === 'RUNNING').forEach((one) => one.shutdown());
    };
    const guarded = Object.values(configuration.logs);
    const attributes = keepSearchAttributes(target, logger);
    const guarding = keepGuarded(target, guarded, untilEnded);
    const showing = keepGauges(target, guarded, {
      ...untilEnded,
      meter: Runtime.instance().metricMeter,
    });
    const warning = warnOfSchedules(target, [...logs.keys()], untilEnded);
    signal.addEventListener('abort', stop, { once: true });
    logger.info({ taskQueue, temporal: target.address, logs: [...logs.keys()], metrics }, 'worker runs');
    let telling: Promise<void> | undefined;
    try {
      // One without the other is no worker: whoever watches over this process should start it again.
      const running = both.map((one) => one.run().finally(stop));
      // As soon as it polls: clients may be waiting for what the former worker was in.
      const client = new Client({ connection, namespace });
      telling = intents && tellOfFormerWorker(intents, [...logs.keys()], client, untilEnded);
      // Told to stop while they were made: they must run to let go of their connection.
      if (signal.aborted) {
        stop();
      }
      await allEnded(running);
    } finally {
      signal.removeEventListener('abort', stop);
      ended.abort();
      await Promise.all([attributes, guarding, showing, warning, telling]);
    }
  } finally {
    for (const systems of logs.values()) {
      systems.trillian.close();
      await systems.queue?.close();
    }
    await connection.close();
  }
}

/** A worker whose metrics nobody can read still rotates: it says so and does without. */
function installRuntime(logger: Logger, metrics: string | undefined): void {
  const options = { logger: loggerForTemporal(logger), shutdownSignals: [] };
  if (metrics !== undefined) {
    try {
      Runtime.install({
        ...options,
        telemetryOptions: { metrics: { prometheus: { bindAddress: metrics } } },
      });
      return;
    } catch (error) {
      logger.error({ error, metrics }, 'the metrics cannot be shown; the worker runs without');
    }
  }
  Runtime.install(options);
}

/**
 * A dead worker holds its workflows for the sticky timeout, ten seconds unless told otherwise; and heartbeats are
 * reported only as often as these throttles allow. Both decide how soon another worker takes over (H21), and the throttles
 * how soon a critical section hears of a Cancel.
 */
const takeOver = {
  stickyQueueScheduleToStartTimeout: '500ms',
  maxHeartbeatThrottleInterval: '50ms',
  defaultHeartbeatThrottleInterval: '50ms',
} satisfies Partial<WorkerOptions>;

/** The bundle that the build has made, or the sources, bundled at every start, when there is none. */
function workflows(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = path.join(__dirname, '../workflows/bundle.js');
  return existsSync(codePath)
    ? { workflowBundle: { codePath } }
    : { workflowsPath: path.join(__dirname, '../workflows') };
}

async function connected(
  target: TemporalTarget,
  { logger, signal }: WorkerRun,
): Promise<NativeConnection | undefined> {
  for (;;) {
    try {
      return await connectWorker(target);
    } catch (error) {
      if (signal.aborted) {
        return undefined;
      }
      // A wrong key or namespace does not mend itself, and a person waits to be told.
      if (!(error instanceof RefusalError && error.refusal.code === 'TEMPORAL_UNREACHABLE')) {
        throw error;
      }
      logger.warn({ error }, 'Temporal is not there yet; trying again');
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }
}

/** All logs of Temporal's SDK arrive at ours; the token of a task says nothing to a reader. */
function loggerForTemporal(logger: Logger): TemporalLogger {
  const at =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, meta: Record<string, unknown> = {}): void => {
      logger[level]({ ...meta, taskToken: undefined }, message);
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    log: (level, message, meta) => {
      at(level.toLowerCase() as 'info')(message, meta);
    },
  };
}
