import { setTimeout as pause } from 'node:timers/promises';
import { createNetwork, workerNames, type End, type WorkerName } from '../faults/network';
import { startWithEnds } from '../harness/ends';
import { startLogUnderTest, type LogUnderTest } from '../harness/log-under-test';
import type { GateUnderTest } from '../harness/gates';
import type { WorkerProcess } from '../harness/worker-process';
import type { DatabaseName, Gates, PartName } from '../lab/lab';
import { criticalSectionId, lockId } from '../workflows/messages';
import { isOpen } from '../workflows/model/executions';
import { familyOf, killAll, signalAll } from './processes';
import { SignedIndexes } from './signed-indexes';

export interface RigOptions {
  /** Everything is below it; it may be there from before. */
  readonly directory: string;
  readonly database: DatabaseName;
  readonly gates?: Gates;
  readonly signal: AbortSignal;
}

/** A process that faults can hit, by its own name. */
export type Process = End;

/** A log under test whose every part can be killed, stopped and cut off. */
export interface Rig extends LogUnderTest {
  readonly signed: SignedIndexes;
  /** So many workers run, and nothing is held. */
  prepare(workers: 1 | 2): Promise<void>;
  /** Workflows that are open under the log's lock or below it. */
  openWorkflows(): Promise<string[]>;
  /** Null when it does not run. */
  pidOf(process: Process): number | null;
  /** SIGKILL to the process and all that it has started. */
  kill(process: Process): Promise<void>;
  /** Starts it as it was started before, and waits until it serves; a worker is not waited for. */
  restart(process: Process): Promise<void>;
  /** SIGSTOP and SIGCONT, to the process and all that it has started. */
  signal(process: Process, signal: 'SIGSTOP' | 'SIGCONT'): void;
  cut(process: Process, ms: number): Promise<void>;
  /** The files in which the parts write what they do. */
  logFiles(): string[];
}

const partOf: Readonly<Record<Exclude<Process, WorkerName>, PartName>> = {
  temporal: 'temporal',
  'log-server': 'trillian-log-server',
  signer: 'trillian-log-signer',
  database: 'database',
  blue: 'rekor-blue',
  green: 'rekor-green',
  gate: 'gate',
  'gate-2': 'gate-2',
};

const everyProcess: readonly Process[] = [...workerNames, ...(Object.keys(partOf) as Process[])];

export async function startRig({
  directory,
  database,
  gates = 1,
  signal: interruption,
}: RigOptions): Promise<Rig> {
  return await startWithEnds('The log under chaos', async (ends) => {
    const network = createNetwork();
    ends.push(() => network.end());
    const signed = new SignedIndexes();
    const log = await startLogUnderTest({
      directory,
      network,
      workers: 2,
      gates,
      answered: (body) => signed.see(body),
      // Quick, so that many cells fit into an hour; how long writes may wait is what a log has by default.
      rotation: { stopCurrentAfter: '200ms', sampleEntries: 0 },
      lab: { signal: interruption, times: null, database },
    });
    ends.push(() => log.end());
    const { lab, temporal } = log;
    const workers = Object.fromEntries(log.workers.map(({ name, process }) => [name, process])) as Record<
      WorkerName,
      WorkerProcess
    >;
    /** One of two, which are killed and started with the ways to them. */
    const gateOf = (process: Process): GateUnderTest | undefined =>
      gates === 1 ? undefined : log.gates.find(({ name }) => name === process);
    const pidOf = (process: Process): number | null =>
      isWorker(process) ? workers[process].pid() : lab.pidOf(partOf[process]);
    const signal = (process: Process, name: 'SIGSTOP' | 'SIGCONT'): void => {
      const pid = pidOf(process);
      if (pid !== null) signalAll(familyOf(pid), name);
    };
    // A stopped process would not hear that it is to end.
    ends.push(() => everyProcess.forEach((process) => signal(process, 'SIGCONT')));
    return {
      ...log,
      signed,
      prepare: async (count) => {
        log.clearFaults();
        const wanted = workerNames.slice(0, count);
        for (const name of workerNames) {
          if (!wanted.includes(name)) await workers[name].stop();
          else if (pidOf(name) === null) workers[name].start();
        }
        await Promise.all(wanted.map((name) => workers[name].started()));
      },
      openWorkflows: async () => {
        const opened = [lockId(log.name), criticalSectionId(log.name)].map(async (workflowId) => {
          try {
            return isOpen(await temporal.workflow.getHandle(workflowId).describe()) ? [workflowId] : [];
          } catch {
            return []; // There never was one.
          }
        });
        return (await Promise.all(opened)).flat();
      },
      pidOf,
      kill: async (process) => {
        const gate = gateOf(process);
        const pid = pidOf(process);
        if (gate) await gate.kill();
        else if (pid !== null) await killAll(familyOf(pid));
      },
      restart: async (process) => {
        const gate = gateOf(process);
        if (gate) await atFreePorts(() => gate.start());
        else if (!isWorker(process)) await atFreePorts(() => lab.startPart(partOf[process]));
        else if (pidOf(process) === null) workers[process].start();
      },
      signal,
      cut: (process, ms) => network.cut(process, ms),
      logFiles: () => [
        ...lab.status.parts.map(({ logFile }) => logFile),
        ...log.workers.map(({ process }) => process.logFile),
      ],
    };
  });
}

function isWorker(process: Process): process is WorkerName {
  return workerNames.some((name) => name === process);
}

/** Threads of a process that was killed may hold its ports for a moment after its end. */
const PORTS_FREE_MS = 2_000;

/** Starts a part as its supervisor would: again, when its port is not free yet. */
async function atFreePorts(start: () => Promise<void>): Promise<void> {
  const end = performance.now() + PORTS_FREE_MS;
  for (;;) {
    try {
      await start();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(20);
    }
  }
}
