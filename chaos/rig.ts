import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { labLog, taskQueue } from '../lab/configuration';
import { startWithEnds, type Ends } from '../harness/ends';
import { startHttpProxy, type HttpProxy } from '../faults/http-proxy';
import { slotCommands } from '../harness/slot-commands';
import { labFiles, slotNames, type SlotName } from '../lab/files';
import { gateAdmin, type GateAdmin } from '../harness/gate-admin';
import { readStatus, startLab, stopLab, type PartName, type RunningLab } from '../lab/lab';
import { createRecorder, type Recorder } from '../load/recorder';
import type { Ports } from '../lab/ports';
import type { Routes } from '../lab/routes';
import { trillianTrees, type TrillianTrees } from '../harness/trillian-trees';
import type { Binaries } from '../tools/binaries';
import { criticalSectionId, lockId } from '../workflows/messages';
import { isOpen } from '../workflows/model/executions';
import { catching, type Catching } from './catching';
import type { LogState } from './log-state';
import { createNetwork, type End, type Network } from '../faults/network';
import { killAll, signalAll, familyOf } from './processes';
import { SignedIndexes } from './signed-indexes';
import { startWorkerCalls, type WorkerCalls, type WorkerName } from './worker-calls';
import { readConfiguration } from './worker-configuration';
import { workerProcess, type WorkerProcess } from './worker-process';

export interface RigOptions {
  /** Everything is below it; it may be there from before. */
  readonly directory: string;
  readonly binaries: Binaries;
  /** Gets one line for each thing that happens to the lab. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A process that faults can hit, by its own name. */
export type Process = End;

/**
 * A real log whose every part can be killed, stopped and cut off, and whose workers' every call can be held. Nothing in
 * the code under test knows of it.
 */
export interface Rig {
  readonly log: string;
  readonly taskQueue: string;
  readonly directory: string;
  /** Where clients reach the log: a connection to the gate that can be cut. */
  readonly publicUrl: string;
  readonly temporal: Client;
  readonly recorder: Recorder;
  readonly signed: SignedIndexes;
  readonly catching: Catching;
  /** Before each slot's Rekor; every call of the gate and of the workers goes through. */
  readonly rekor: Readonly<Record<SlotName, HttpProxy>>;
  readonly slotUrls: Readonly<Record<SlotName, string>>;
  /** Past everything that stands between. */
  readonly gateItself: GateAdmin;
  readonly trees: TrillianTrees;
  /** So many workers run, and nothing is held. */
  prepare(workers: 1 | 2): Promise<void>;
  state(): Promise<LogState>;
  /** Null when it does not run. */
  pidOf(process: Process): number | null;
  /** SIGKILL to the process and all that it has started. */
  kill(process: Process): Promise<void>;
  /** Starts it as it was started before, and waits until it serves; a worker is not waited for. */
  restart(process: Process): Promise<void>;
  /** SIGSTOP and SIGCONT, to the process and all that it has started. */
  signal(process: Process, signal: 'SIGSTOP' | 'SIGCONT'): void;
  cut(process: Process, ms: number): Promise<void>;
  /** Lets every held call go, and holds none any more. */
  clear(): void;
  /** The files in which the parts write what they do. */
  logFiles(): string[];
  end(): Promise<void>;
}

const workerNames: readonly WorkerName[] = ['worker-1', 'worker-2'];

const partOf: Readonly<Record<Exclude<Process, WorkerName>, PartName>> = {
  temporal: 'temporal',
  'log-server': 'trillian-log-server',
  signer: 'trillian-log-signer',
  database: 'database',
  blue: 'rekor-blue',
  green: 'rekor-green',
  gate: 'gate',
};

export async function startRig(options: RigOptions): Promise<Rig> {
  return await startWithEnds('The log under chaos', (ends) => assemble(options, ends));
}

async function assemble(options: RigOptions, ends: Ends): Promise<Omit<Rig, 'end'>> {
  const network = createNetwork();
  ends.push(() => network.end());
  const signed = new SignedIndexes();
  const between = await startLabBetween(options, network, signed, ends);
  const { lab, rekor, slotUrls } = between;
  const { log, temporal: temporalSettings } = onlyLog(lab.configurationFile);

  const commands = slotCommands(join(options.directory, 'commands'));
  const workers = {} as Record<WorkerName, { calls: WorkerCalls; process: WorkerProcess }>;
  for (const name of workerNames) {
    const directory = join(options.directory, name);
    const calls = await startWorkerCalls({
      name,
      labConfiguration: lab.configurationFile,
      network,
      slotUrls,
      commands,
      directory,
    });
    ends.push(() => calls.end());
    const worker = workerProcess(name, calls.configurationFile, directory);
    ends.push(() => worker.stop());
    // One of a run that came to no end, with addresses that nobody listens on any more.
    await worker.stop();
    workers[name] = { calls, process: worker };
  }
  const trees = trillianTrees(log.trillian.address);
  ends.push(() => trees.close());
  const connection = await Connection.connect({ address: temporalSettings.address });
  ends.push(() => connection.close());
  const temporal = new Client({ connection });
  const gateItself = gateAdmin(log.gate.admin, log.gate.token.file);
  const publicPort = await network.lay(['gate'], Number(new URL(log.publicUrl).port));
  const allCalls = workerNames.map((name) => workers[name].calls);

  const pidOf = (process: Process): number | null =>
    isWorker(process) ? workers[process].process.pid() : lab.pidOf(partOf[process]);
  const signal = (process: Process, name: 'SIGSTOP' | 'SIGCONT'): void => {
    const pid = pidOf(process);
    if (pid !== null) signalAll(familyOf(pid), name);
  };
  // A stopped process would not hear that it is to end.
  ends.push(() => everyProcess.forEach((process) => signal(process, 'SIGCONT')));
  const workerOf = (pid: number): WorkerName => {
    const name = workerNames.find((each) => pidOf(each) === pid);
    if (!name) throw new Error(`Process ${pid} is no worker.`);
    return name;
  };
  const clear = (): void => {
    commands.clear();
    allCalls.forEach((calls) => calls.clear());
    Object.values(rekor).forEach((proxy) => proxy.clear());
  };
  return {
    log: labLog,
    taskQueue,
    directory: options.directory,
    publicUrl: `http://127.0.0.1:${publicPort}`,
    temporal,
    recorder: createRecorder(),
    signed,
    catching: catching(allCalls, commands, workerOf),
    rekor,
    slotUrls,
    gateItself,
    trees,
    prepare: async (count) => {
      clear();
      const wanted = workerNames.slice(0, count);
      for (const name of workerNames) {
        if (!wanted.includes(name)) await workers[name].process.stop();
        else if (pidOf(name) === null) workers[name].process.start();
      }
      await Promise.all(wanted.map((name) => workers[name].process.started()));
    },
    state: async () => {
      const { mode, upstream } = await gateItself.state();
      const info = (await (await fetch(`${log.publicUrl}/api/v1/log`)).json()) as LogInfo;
      return {
        trees: await trees.list(),
        gate: { mode, slot: slotNames.find((slot) => slotUrls[slot] === upstream) ?? upstream },
        running: slotNames.filter((slot) => pidOf(slot) !== null),
        files: slotFilesOf(labFiles(join(options.directory, 'lab')).slots),
        served: {
          active: info.treeID,
          inactive: (info.inactiveShards ?? []).map(({ treeID }) => treeID),
        },
        openWorkflows: await openAmong(temporal, [lockId(labLog), criticalSectionId(labLog)]),
      };
    },
    pidOf,
    kill: async (process) => {
      const pid = pidOf(process);
      if (pid !== null) await killAll(familyOf(pid));
    },
    restart: async (process) => {
      if (isWorker(process)) workers[process].process.start();
      else await startPart(lab, partOf[process]);
    },
    signal,
    cut: (process, ms) => network.cut(process, ms),
    clear,
    logFiles: () => [
      ...lab.status.parts.map(({ logFile }) => logFile),
      ...workerNames.map((name) => workers[name].process.logFile),
    ],
  };
}

/** Threads of a process that was killed may hold its ports for a moment after its end. */
const PORTS_FREE_MS = 2_000;

/** Starts a part as its supervisor would: again, when its port is not free yet. */
async function startPart(lab: RunningLab, name: PartName): Promise<void> {
  const end = performance.now() + PORTS_FREE_MS;
  for (;;) {
    try {
      await lab.startPart(name);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(20);
    }
  }
}

const everyProcess: readonly Process[] = [...workerNames, ...(Object.keys(partOf) as Process[])];

function isWorker(process: Process): process is WorkerName {
  return workerNames.some((name) => name === process);
}

interface LabBetween {
  readonly lab: RunningLab;
  readonly rekor: Readonly<Record<SlotName, HttpProxy>>;
  readonly slotUrls: Readonly<Record<SlotName, string>>;
}

/** Starts the lab with connections between its parts that can be cut, and a reader of all that Rekor answers. */
async function startLabBetween(
  { directory, binaries, report, signal }: RigOptions,
  network: Network,
  signed: SignedIndexes,
  ends: Ends,
): Promise<LabBetween> {
  const rekor = {} as Record<SlotName, HttpProxy>;
  const slotPorts = {} as Record<SlotName, number>;
  const routes = async (ports: Ports): Promise<Routes> => {
    for (const slot of slotNames) {
      const proxy = await startHttpProxy({
        upstream: `http://127.0.0.1:${ports[slot]}`,
        answered: (_call, { body }) => signed.see((body ?? '').toString()),
      });
      ends.push(() => proxy.end());
      rekor[slot] = proxy;
      slotPorts[slot] = await network.lay([slot], Number(new URL(proxy.url).port));
    }
    return {
      gate: slotPorts,
      rekor: { trillian: await network.lay(['log-server'], ports.trillian) },
      logServer: { database: await network.lay(['log-server', 'database'], ports.database) },
      signer: { database: await network.lay(['signer', 'database'], ports.database) },
    };
  };
  const home = join(directory, 'lab');
  if (await readStatus(home)) {
    // Left by a run that came to no end; its gate knows addresses that nobody listens on any more.
    await stopLab(home, { keepData: false, report });
  }
  const lab = await startLab({
    directory: home,
    binaries,
    report,
    without: ['worker'],
    routes,
    signal,
  });
  ends.push(() => lab.stop());
  const url = (slot: SlotName): string => `http://127.0.0.1:${slotPorts[slot]}`;
  return { lab, rekor, slotUrls: { blue: url('blue'), green: url('green') } };
}

interface LogInfo {
  readonly treeID: string;
  readonly inactiveShards?: readonly { readonly treeID: string }[] | null;
}

function onlyLog(configurationFile: string) {
  const { logs, temporal } = readConfiguration(configurationFile);
  const log = logs[labLog];
  if (!log) {
    throw new Error(`${configurationFile} has no log "${labLog}".`);
  }
  return { log, temporal };
}

async function openAmong(temporal: Client, workflowIds: readonly string[]): Promise<string[]> {
  const described = await Promise.all(
    workflowIds.map(async (workflowId) => {
      try {
        return isOpen(await temporal.workflow.getHandle(workflowId).describe()) ? [workflowId] : [];
      } catch {
        return []; // There never was one.
      }
    }),
  );
  return described.flat();
}

/** Process records, locks and logs change while nothing is changed. */
const ofProcesses = /\.(pid|lock|log)$/;

function slotFilesOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .filter((name) => !ofProcesses.test(name) && statSync(join(directory, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  );
}
