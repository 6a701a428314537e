import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  type BundleOptions,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { ensureBinaries } from '../../tools/binaries';
import type { PruneRequest, RecoveryRequest, RotationRequest } from '../../workflows/model/request';
import type { PruneResult } from '../../workflows/prune-trees';
import {
  criticalSectionId,
  GUARD_LOG,
  lockId,
  PROGRESS,
  PRUNE_TREES,
  RECOVER_LOG,
  RESUME,
  ROTATE_LOG,
  type Progress,
} from '../../workflows/messages';
import type { GuardResult } from '../../workflows/model/guarding';
import type { Held, ResumeInput } from '../../workflows/model/held';

import type { RotationResult } from '../../workflows/model/result';
import { World } from './world';
import { activitiesOf } from './world-activities';
import { PATIENCE_MS } from '../../harness/waiting';

/**
 * A real Temporal server and one worker, whose workflows have a clock of their own (patient-clock.ts) and whose activities
 * act on a `World` for each log.
 */
export interface SagaServer {
  /** Runs `body` while the worker serves the world; afterwards nothing has happened to it that may never happen. */
  withWorker<Result>(world: World, body: (rotations: Rotations) => Promise<Result>): Promise<Result>;
  /** Stops the worker and starts another one, which knows of running workflows what their histories say. */
  replaceWorker(): Promise<void>;
  close(): Promise<void>;
  /** What the workflows have called out in the worker's log. */
  readonly alarms: readonly string[];
}

type Ending<Request> = (request: Request) => Promise<RotationResult>;

/** What people and schedules do with the log of one world. */
export interface Rotations {
  readonly start: (
    request?: Partial<RotationRequest>,
    workflowId?: string,
  ) => Promise<WorkflowHandle<Ending<RotationRequest>>>;
  readonly rotate: (request?: Partial<RotationRequest>) => Promise<RotationResult>;
  readonly startRecovery: (
    request?: Partial<RecoveryRequest>,
  ) => Promise<WorkflowHandle<Ending<RecoveryRequest>>>;
  readonly startGuard: () => Promise<WorkflowHandle<(request: { log: string }) => Promise<GuardResult>>>;
  readonly startPrune: (
    request?: Partial<PruneRequest>,
  ) => Promise<WorkflowHandle<(request: PruneRequest) => Promise<PruneResult>>>;
  readonly recover: (request?: Partial<RecoveryRequest>) => Promise<RotationResult>;
  readonly guard: () => Promise<GuardResult>;
  readonly prune: (request?: Partial<PruneRequest>) => Promise<PruneResult>;
  /** Asks the rotation itself, the holder of the lock, to cancel. */
  readonly cancel: () => Promise<void>;
  /** Waits until the holder of the lock needs a person. */
  readonly held: () => Promise<Held>;
  readonly resume: (input: ResumeInput) => Promise<string>;
  /** The holder of the lock, and its critical section. */
  readonly lock: WorkflowHandle<() => Promise<RotationResult>>;
  readonly criticalSection: WorkflowHandle;
  readonly environment: TestWorkflowEnvironment;
}

const TASK_QUEUE = 'saga';

/** The server's own timers keep the clock of the workflows; with its defaults each takes a second or more. */
const precise = [
  'history.timerProcessorMaxTimeShift="1ms"',
  'history.timerProcessorMaxPollRPS=1000',
  'history.transferProcessorMaxPollRPS=1000',
].flatMap((setting) => ['--dynamic-config-value', setting]);

/** The workflows as a worker loads them. */
export async function bundleWorkflows(
  options: Partial<BundleOptions> = {},
): Promise<WorkflowBundleWithSourceMap> {
  return await bundleWorkflowCode({
    workflowsPath: path.join(__dirname, '../../workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
    ...options,
  });
}

/** Temporal's runtime in this process says what is wrong and no more; `alarms` gets what the workflows call out. */
export function installQuietRuntime(alarms: string[] = []): void {
  const logger = new DefaultLogger('ERROR', ({ message, meta }) => {
    if (message.startsWith('ALARM: ')) {
      alarms.push(message);
    } else {
      process.stderr.write(`${message} ${JSON.stringify(meta)}\n`);
    }
  });
  // An activity that ends after its workflow is a warning to the core, and what many of these tests are about.
  const filter = makeTelemetryFilterString({ core: 'ERROR' });
  Runtime.install({ logger, telemetryOptions: { logging: { filter } } });
}

export async function startSagaServer(): Promise<SagaServer> {
  const alarms: string[] = [];
  installQuietRuntime(alarms);
  const { temporal } = await ensureBinaries(() => undefined);
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal }, extraArgs: precise },
  });
  const workflowBundle = await bundleWorkflows({
    workflowInterceptorModules: [path.join(__dirname, 'patient-clock.ts')],
  });
  const worlds = new Map<string, ReturnType<typeof activitiesOf>>();
  const startWorker = async (): Promise<RunningWorker> => {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: TASK_QUEUE,
      workflowBundle,
      activities: ofEachWorld(worlds),
      maxHeartbeatThrottleInterval: '100ms',
      defaultHeartbeatThrottleInterval: '100ms',
      stickyQueueScheduleToStartTimeout: '5 seconds',
      shutdownGraceTime: '10 seconds',
    });
    return { worker, ended: worker.run() };
  };
  const stopWorker = async ({ worker, ended }: RunningWorker): Promise<void> => {
    worker.shutdown();
    await ended;
  };
  let running = await startWorker();
  return {
    alarms,
    withWorker: async (world, body) => {
      worlds.set(world.log, activitiesOf(world));
      const result = await body(rotationsOf(environment, world));
      expect(world.violations).toEqual([]);
      return result;
    },
    replaceWorker: async () => {
      await stopWorker(running);
      running = await startWorker();
    },
    close: async () => {
      await stopWorker(running);
      await environment.teardown();
    },
  };
}

interface RunningWorker {
  readonly worker: Worker;
  readonly ended: Promise<void>;
}

/** Activities that act on the world of the log that they are called for. */
function ofEachWorld(worlds: ReadonlyMap<string, ReturnType<typeof activitiesOf>>): object {
  const names = Object.keys(activitiesOf(new World())) as (keyof ReturnType<typeof activitiesOf>)[];
  const call =
    (name: (typeof names)[number]) =>
    (order: never): Promise<unknown> => {
      const activities = worlds.get(logOf(order));
      if (!activities) {
        throw new Error(`no world has the log ${logOf(order)}`);
      }
      return activities[name](order);
    };
  return Object.fromEntries(names.map((name) => [name, call(name)]));
}

function logOf(
  order: string | { readonly log?: string; readonly identity?: { readonly log: string } },
): string {
  return typeof order === 'string' ? order : (order.identity?.log ?? order.log ?? '');
}

let started = 0;

function rotationsOf(environment: TestWorkflowEnvironment, world: World): Rotations {
  const { log } = world;
  const { workflow } = environment.client;
  const begin = <Request, Result>(type: string, request: Request, id?: string) => {
    started += 1;
    return workflow.start<(request: Request) => Promise<Result>>(type, {
      workflowId: id ?? `${type}-${log}-${started}`,
      taskQueue: TASK_QUEUE,
      args: [request],
    });
  };
  const start: Rotations['start'] = (request, id) => begin(ROTATE_LOG, { log, ...request }, id);
  const startRecovery: Rotations['startRecovery'] = (request) => begin(RECOVER_LOG, { log, ...request });
  const startGuard: Rotations['startGuard'] = () => begin(GUARD_LOG, { log });
  const startPrune: Rotations['startPrune'] = (request) => begin(PRUNE_TREES, { log, ...request });
  const lock = workflow.getHandle<() => Promise<RotationResult>>(lockId(log));
  return {
    start,
    rotate: async (request) => await (await start(request)).result(),
    startRecovery,
    startGuard,
    startPrune,
    recover: async (request) => await (await startRecovery(request)).result(),
    guard: async () => await (await startGuard()).result(),
    prune: async (request) => await (await startPrune(request)).result(),
    cancel: async () => {
      await lock.cancel();
    },
    held: async () => {
      await Promise.race([world.somebodyNeeded, wait(PATIENCE_MS, undefined, { ref: false })]);
      for (const ends = Date.now() + PATIENCE_MS; Date.now() < ends;) {
        const { held } = await lock.query<Progress>(PROGRESS);
        if (held) {
          return held;
        }
        await wait(200);
      }
      throw new Error(`${log} is not held`);
    },
    resume: (input) => lock.executeUpdate<string, [ResumeInput]>(RESUME, { args: [input] }),
    lock,
    criticalSection: workflow.getHandle(criticalSectionId(log)),
    environment,
  };
}
