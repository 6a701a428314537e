import type { Client } from '@temporalio/client';
import { createActivities } from '../../activities';
import { connectMetrics } from '../../activities/clients/metrics';
import { connectRekor } from '../../activities/clients/rekor';
import { connectTrillian } from '../../activities/clients/trillian';
import type { SectionIntents } from '../../activities/successor/intents';
import type { LogSystems } from '../../activities/systems';
import { gateTraffic } from '../../activities/traffic/gate';
import { connectGate, type OneGate } from '../../activities/traffic/one-gate';
import { readMark } from '../../workflows/model/mark';
import type { TreeId, TreeState } from '../../workflows/model/log';
import { SHORTEST_RECREATE_MS } from '../../workflows/model/room';
import type { Order } from '../../gate/orders';
import { useTime } from '../global-time';
import type { Random } from '../random';
import type { Scenario } from '../scenario';
import type { SinkCall } from '../temporal/workflow-tasks';
import type { Execution } from '../temporal/execution';
import { TemporalServer } from '../temporal/server';
import { simulatedClient } from '../temporal/client';
import type { TaskView } from '../temporal/activity-context';
import { runningActivity } from '../temporal/running-activity';
import { SimulatedWorker, TASK_QUEUE, type Activities } from '../temporal/worker';
import type { WorkflowRuntime } from '../temporal/runtime';
import { VirtualTime } from '../virtual-time';
import { SimulatedFiles, useFiles, type FileOperation } from './files';
import type { Front } from './front';
import { SimulatedIntents } from './intents';
import { maxWaitOf, type GateMutation, type SimulatedGate } from './gate';
import { Gates } from './gates';
import { short, SimulatedHost, useHost } from './host';
import {
  GATE_ADMIN_URLS,
  httpTransport,
  LOG_SERVER_METRICS,
  PUBLIC_URL,
  SIGNER_METRICS,
} from './http-servers';
import type { SimulatedInstallation } from './installation';
import { SimulatedCluster } from './kubernetes/cluster';
import { Network, type NetworkParts } from './network';
import type { RekorProcess, SignedEntry } from './rekor';
import { SimulatedTrillian, type SimulatedTree } from './trillian';
import { trillianTransport } from './trillian-server';
import { simulatedTreeQueue } from './tree-queue';
import { logVerifier } from './verifier';
import { Traffic } from './traffic';

export const LOG = 'lab';

/** The shards of the log before anything happens: one inactive, then the current one. */
export const FIRST_TREE: TreeId = '1111111111111111111';
export const CURRENT_TREE: TreeId = '2222222222222222222';
/** A tree of another log on the same Trillian. */
const STRANGERS_TREE: TreeId = '3333333333333333333';

/** What the world tells whoever watches over it. */
export interface Watcher {
  onState(tree: SimulatedTree, before: TreeState | undefined, by: string): void;
  /** A try of an activity has failed, and for so many milliseconds there is no other. */
  onBackoff(activity: string, forMs: number): void;
  /** Nothing is heard of an attempt of an activity any more. */
  onGivenUp(activity: string): void;
  /** A workflow asks for an activity. */
  onAsked(execution: Execution, activity: string): void;
  onSigned(entry: SignedEntry, by: RekorProcess): void;
  onMisreadWrite(by: RekorProcess): void;
  onWaited(ms: number): void;
  onOrder(order: Order): void;
  onRead(instances: readonly string[], beganAt: number): void;
  onSink(call: SinkCall): void;
  onFailed(what: string): void;
  onWrongRead(what: string): void;
}

export interface WorldParts {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly runtime: WorkflowRuntime;
  readonly watcher: Watcher;
  readonly deliver: NetworkParts['deliver'];
  readonly onFile: (operation: FileOperation) => void;
  readonly attemptEnded: (task: TaskView) => boolean;
  /** Changes the systems or the activities before anything begins. */
  readonly mutate: Mutation;
  readonly trace: (line: () => string) => void;
  /** Default: one of its own. */
  readonly time?: VirtualTime;
}

/** What a mutant replaces. */
export interface Mutation {
  readonly systems?: (systems: LogSystems) => LogSystems;
  readonly activities?: (activities: Activities, systems: LogSystems) => Activities;
  /** How a worker asks a gate. */
  readonly oneGate?: (gate: OneGate) => OneGate;
  readonly gate?: GateMutation;
  /** What a worker keeps of a critical section. */
  readonly intents?: (intents: SectionIntents) => SectionIntents;
}

/** A whole log with everything it runs on, in memory and in virtual time. */
export class World {
  readonly time: VirtualTime;
  readonly files: SimulatedFiles;
  readonly trillian: SimulatedTrillian;
  readonly installation: SimulatedInstallation;
  /** Where the log runs in one. */
  readonly cluster: SimulatedCluster | undefined;
  readonly #host: SimulatedHost | undefined;
  /** What clients reach: the gates, or the Service. */
  readonly front: Front;
  readonly #gates: Gates | undefined;
  /** The longest that a write may wait in the gate. */
  readonly maxWaitMs: number;
  readonly network: Network;
  readonly temporal: TemporalServer;
  readonly traffic: Traffic;
  readonly activities: Activities;
  /** What workers keep for those after them, where they do. */
  readonly intents: SectionIntents | undefined;
  /** As workers ask Temporal. */
  readonly client: Client;
  readonly trace: (line: () => string) => void;

  constructor(parts: WorldParts) {
    const { scenario, random, watcher, runtime } = parts;
    const time = (this.time = parts.time ?? new VirtualTime());
    const trace = (this.trace = (line: () => string): void => {
      parts.trace(() => `${time.elapsed.toFixed(1).padStart(9)}  ${line()}`);
    });
    const fileRandom = random.stream('files');
    this.files = new SimulatedFiles(time, () => fileRandom.between(0.05, 0.8));
    this.files.before = (operation) => parts.onFile(operation);
    this.trillian = new SimulatedTrillian({
      time,
      random: random.stream('trillian'),
      onState: (tree, before, by) => {
        trace(() => `tree ${short(tree.treeId)} is ${tree.row.state} (${by})`);
        watcher.onState(tree, before, by);
      },
    });
    const strangers = random.stream('strangers');
    this.trillian.strangersInFlight = () => (strangers.chance(scenario.strangers) ? 1 : 0);
    const { files, trillian } = this;
    this.network = new Network({ time, random: random.stream('network'), deliver: parts.deliver, trace });
    const { network } = this;
    const run = {
      ...{ log: LOG, time, trillian, trace },
      shards: { activeTreeId: CURRENT_TREE, inactiveTreeId: FIRST_TREE },
      onSigned: (entry: SignedEntry, by: RekorProcess) => watcher.onSigned(entry, by),
    };
    if (scenario.installation === 'kubernetes') {
      this.cluster = new SimulatedCluster({
        ...{ ...run, random: random.stream('cluster'), network },
        strategy: scenario.strategy,
        withoutGate: scenario.withoutGate,
        onOrder: (order) => watcher.onOrder(order),
      });
      this.installation = this.cluster;
    } else {
      const host = new SimulatedHost({ ...run, random: random.stream('host'), files });
      useHost({ host, network, time });
      this.#host = host;
      this.installation = host;
    }
    const { installation } = this;
    const maxWaitMs = (this.maxWaitMs = maxWaitOf(scenario));
    const led = this.cluster?.led;
    const gates = new Gates({
      ...{ time, maxWaitMs, files, count: scenario.gates, random: random.stream('gates') },
      rekorAt: (url) => installation.at(url),
      onWaited: (ms) => watcher.onWaited(ms),
      onMisreadWrite: (process) => watcher.onMisreadWrite(process),
      onOrder: (order) => watcher.onOrder(order),
      onRead: (instances, beganAt) => watcher.onRead(instances, beganAt),
      mutation: parts.mutate.gate ?? {},
      trace,
    });
    if (!led) this.#gates = gates;
    const front = (this.front = led?.clients ?? gates);
    const transport = httpTransport({
      ...{ network, trillian, gates: led ? [] : gates.all },
      rekorAt: (url) => (url === PUBLIC_URL ? front.fresh() : installation.at(url)),
    });
    const oneGate = parts.mutate.oneGate ?? ((gate: OneGate): OneGate => gate);
    const trillianAddress = 'trillian:8090';
    const rekor = connectRekor({ log: LOG, transport });
    const verified = { log: LOG, random: random.stream('clients'), rekor, trillian };
    const systems: LogSystems = {
      log: LOG,
      trillian: connectTrillian({
        log: LOG,
        address: trillianAddress,
        transport: trillianTransport({ network, trillian }),
      }),
      metrics: connectMetrics({
        log: LOG,
        logServers: [LOG_SERVER_METRICS],
        signers: [SIGNER_METRICS],
        transport,
      }),
      ...(scenario.withDatabase && { queue: simulatedTreeQueue({ log: LOG, time, network, trillian }) }),
      rekor,
      traffic:
        led?.traffic ??
        gateTraffic(
          GATE_ADMIN_URLS.slice(0, scenario.gates).map((url) =>
            oneGate(connectGate({ log: LOG, url, token: () => 'token', transport })),
          ),
        ),
      installation: installation.adapter,
      verifier: logVerifier(verified),
      // A write a second in each hour of the week.
      pastWrites: { ofWeek: () => Promise.resolve(Array<number>(168).fill(60)) },
      publicUrl: PUBLIC_URL,
      timing: {
        attempts: 3,
        pauseBetweenAttemptsMs: 2_000,
        criticalSectionMs: scenario.strategy === 'recreate' ? SHORTEST_RECREATE_MS : 2_500,
        soakMs: 1_500,
        stopCurrentAfterMs: 500,
        ifNextFails: installation.adapter.supersedes ? scenario.ifNextFails : 'hold',
        patience: installation.adapter.patience,
      },
      drain: { signerIntervalMs: 100, guardWindowMs: 0, clockDifferenceMs: 0 },
      sampleEntries: 1,
      guard: { recover: scenario.recovers, stuckAfterMs: 120_000 },
      approvals: { required: scenario.operators.approvals, expireMs: 30_000, approvers: [] },
      addresses: { trillian: trillianAddress },
    };
    const mutated = parts.mutate.systems?.(systems) ?? systems;
    const names = {
      taskQueue: TASK_QUEUE,
      // Who runs the activity that asks.
      get identity() {
        return runningActivity.getStore()?.worker.name ?? '';
      },
    };
    const intents = new SimulatedIntents();
    this.intents = scenario.keepsIntents ? (parts.mutate.intents?.(intents) ?? intents) : undefined;
    const activities = createActivities(
      new Map([[LOG, mutated]]),
      names,
      this.intents,
    ) as unknown as Activities;
    this.activities = parts.mutate.activities?.(activities, mutated) ?? activities;
    const never = new AbortController().signal;
    const client = (this.client = simulatedClient(
      () => this.temporal,
      async (method, effect) =>
        await network.send(
          { system: 'temporal', method, changes: false, deadline: time.now + 10_000, signal: never },
          effect,
        ),
    ));
    this.temporal = new TemporalServer({
      time,
      random: random.stream('temporal'),
      runtime,
      clientOf: () => client,
      onSink: (call) => watcher.onSink(call),
      attemptEnded: parts.attemptEnded,
      backsOff: (activity, forMs) => watcher.onBackoff(activity, forMs),
      givesUp: (activity) => watcher.onGivenUp(activity),
      asks: (execution, activity) => watcher.onAsked(execution, activity),
      trace,
    });
    this.temporal.resetReachesChildren = scenario.resetReachesChildren;
    this.traffic = new Traffic(
      {
        time,
        random: random.stream('traffic'),
        front,
        installation,
        onFailed: (what) => watcher.onFailed(what),
        onWrongRead: (what) => watcher.onWrongRead(what),
      },
      scenario.writesPerSecond,
    );
    useTime(time);
    useFiles(files);
  }

  /** The first gate of a log. Throws for a log that has none. */
  get gate(): SimulatedGate {
    const [first] = this.#gates?.all ?? [];
    if (!first) throw new Error('this log has no gate');
    return first;
  }

  /** The gates of a log that has any. */
  get gates(): Gates | undefined {
    return this.#gates;
  }

  /** The host of a log that runs on one. Throws for one that does not. */
  get host(): SimulatedHost {
    if (!this.#host) throw new Error('this log runs on no host');
    return this.#host;
  }

  /** The log as it runs before anything happens. */
  async begin(workers: number): Promise<void> {
    const { trillian, installation } = this;
    const bodies = (first: number, count: number): string[] =>
      Array.from({ length: count }, (_, number) => `{"planted":${first + number}}`);
    trillian.plant(FIRST_TREE, 'FROZEN', bodies(0, 5));
    trillian.plant(CURRENT_TREE, 'ACTIVE', bodies(5, 7));
    trillian.plant(STRANGERS_TREE, 'ACTIVE', bodies(100, 3));
    const inactive = [{ treeId: FIRST_TREE, length: trillian.head(FIRST_TREE).size }];
    const [first = ''] = installation.addressesOf(installation.releases[0]);
    await this.#gates?.begin(first, { activeTreeId: CURRENT_TREE, inactive });
    await installation.begin();
    for (let number = 0; number < workers; number += 1) {
      this.temporal.workers.push(new SimulatedWorker(`worker ${number + 1}`, this.activities));
    }
  }

  /** The trees of this log: those it began with and those that rotations made. */
  trees(): SimulatedTree[] {
    return [...this.trillian.trees.values()].filter((tree) => this.isOurs(tree));
  }

  isOurs({ treeId, row, deleted }: SimulatedTree): boolean {
    if (treeId === FIRST_TREE || treeId === CURRENT_TREE) {
      return true;
    }
    const tree = { treeId, ...row, type: 'LOG' as const, maxRootDurationMs: 0, deleted };
    return readMark(tree)?.log === LOG;
  }
}
