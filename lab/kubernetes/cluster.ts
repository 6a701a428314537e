import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterBinaries } from '../../tools/cluster-binaries';
import { takeLock } from '../../tools/lock';
import { isRunning, type ProcessIdentity } from '../../tools/process-identity';
import { recorded, signalRecorded, stopRecorded } from '../process';
import { removeIfEmpty } from '../record';
import { addressesOf, type ClusterAddresses } from './addresses';
import { bootCluster, type BootedCluster } from './boot';
import { cgroupOf, removeCgroups } from './cgroups';
import { stopForwards } from './existing/forwards';
import { removeFromExisting } from './existing/namespaces';
import { clusterFiles, type ClusterFiles } from './files';
import { endNamespaces } from './namespaces';
import { indexOfInterface } from './network';
import { FORWARDS, programFiles, programNames, type ProgramName } from './programs';
import {
  claimForCluster,
  readClusterRecord,
  writeClusterRecord,
  type ClusterLog,
  type ClusterRecord,
  type ExistingPlace,
} from './record';
import { requireForCluster } from './requirements';

/** How long those outside that started a program may take to see that it has ended. */
const END_MS = 30_000;

export interface ClusterOptions {
  readonly directory: string;
  readonly binaries: ClusterBinaries;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  /** Ends a start that is under way; what was started is removed again. */
  readonly signal: AbortSignal;
}

export interface ClusterProgramStatus {
  readonly name: ProgramName | typeof FORWARDS;
  readonly running: boolean;
  readonly logFile: string;
}

export interface ClusterStatus {
  readonly directory: string;
  /** For kubectl and any other client on this machine. */
  readonly kubeconfig: string;
  /** The cluster that was there before the lab; null for one of its own. */
  readonly existing: ExistingPlace | null;
  /** The process whose end is the end of the cluster; null when it has ended. */
  readonly pid: number | null;
  /** Every program of the cluster runs. */
  readonly complete: boolean;
  readonly programs: readonly ClusterProgramStatus[];
  /** Null when it was not started so far. */
  readonly addresses: ClusterAddresses | null;
  /** Null when there is none, or none so far. */
  readonly log: ClusterLog | null;
}

export interface RunningCluster extends Omit<BootedCluster, 'record'> {
  readonly status: ClusterStatus;
  /** Lets whoever asks later know of a log that has been installed. */
  record(log: ClusterLog): Promise<void>;
  /** Ends everything in it and removes its files. */
  stop(): Promise<void>;
  /** Lets it run on without this process. */
  leave(): Promise<void>;
}

/** The directory is another process's lab now. */
export class ClusterInUse extends Error {
  constructor(
    private readonly files: ClusterFiles,
    readonly holder: ProcessIdentity,
  ) {
    super(
      `Process ${holder.pid} is starting, running or stopping the lab in ${files.directory}. ` +
        `Stop it with: rekor-rotate lab down --directory ${files.directory}`,
    );
    this.name = 'ClusterInUse';
  }

  /** Asks that process to stop the lab, and waits until it no longer has it. */
  async askToStop(): Promise<void> {
    signalRecorded(this.files.owner, 'SIGTERM');
    while (isRunning(this.holder) && recorded(this.files.owner)?.pid === this.holder.pid) {
      await pause(50);
    }
  }
}

/** Starts a cluster of one node, from nothing; what an earlier one has left in the directory is removed first. */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  const { directory, binaries, report, signal } = options;
  requireForCluster(clusterFiles(resolve(directory)));
  return await startIn({ directory, report, signal }, async (files) => {
    // From here on whoever comes later knows that there is something to remove.
    await writeClusterRecord(files, { cluster: null, log: null, existing: null });
    return await bootCluster(files, { binaries, report, signal });
  });
}

/** Starts a cluster as `boot` does it, in this directory and with nothing that an earlier one has left there. */
export async function startIn(
  { directory, report, signal }: Omit<ClusterOptions, 'binaries'>,
  boot: (files: ClusterFiles) => Promise<BootedCluster>,
): Promise<RunningCluster> {
  const files = clusterFiles(resolve(directory));
  await claimForCluster(files);
  const disown = await own(files);
  try {
    if (await remove(files)) {
      report('What an earlier cluster had left there is removed.');
    }
    const booted = await boot(files).catch(async (error: unknown) => {
      // What failed by itself leaves its files to be read; what a person broke off leaves nothing.
      const ended = signal.aborted ? remove(files) : end(files);
      await ended.catch((more: unknown) => report(more instanceof Error ? more.message : String(more)));
      throw error;
    });
    return running(booted, disown);
  } catch (error) {
    await disown();
    await removeIfEmpty(files.directory);
    throw error;
  }
}

function running({ record, ...booted }: BootedCluster, disown: () => Promise<void>): RunningCluster {
  const { files } = booted;
  let known: ClusterRecord = { ...record, log: null };
  return {
    get status() {
      return statusIn(files, known);
    },
    record: async (log) => {
      known = { ...record, log };
      await writeClusterRecord(files, known);
    },
    ...booted,
    stop: async () => {
      await remove(files);
      await disown();
      await removeIfEmpty(files.directory);
    },
    leave: disown,
  };
}

/** What runs of the cluster in this directory; null when there is none. */
export async function readClusterStatus(directory: string): Promise<ClusterStatus | null> {
  const files = clusterFiles(resolve(directory));
  const record = await readClusterRecord(files);
  return record && statusIn(files, record);
}

/** Ends the cluster in this directory, if there is one, and removes all that it has left, also after a crash. */
export async function stopCluster(directory: string): Promise<void> {
  const files = clusterFiles(resolve(directory));
  const disown = await own(files);
  try {
    await remove(files);
  } finally {
    await disown();
    await removeIfEmpty(files.directory);
  }
}

async function own(files: ClusterFiles): Promise<() => Promise<void>> {
  return await takeLock(files.owner, {
    onWait: (holder) => {
      throw new ClusterInUse(files, holder);
    },
  });
}

function statusIn(files: ClusterFiles, { cluster, log, existing }: ClusterRecord): ClusterStatus {
  const names = existing === null ? programNames : [FORWARDS];
  const programs = names.map((name): ClusterProgramStatus => {
    const { logFile, pidFile } = programFiles(files, name);
    return { name, logFile, running: recorded(pidFile) !== null };
  });
  return {
    directory: files.directory,
    kubeconfig: existing?.kubeconfig ?? files.kubeconfig,
    existing,
    pid: recorded(files.namespaces)?.pid ?? null,
    // The cluster itself is not asked.
    complete: programs.every(({ running: runs }) => runs) && (existing === null || log !== null),
    programs,
    addresses: cluster === null ? null : addressesOf(cluster),
    log,
  };
}

/** Ends everything that runs, and removes what the kernel keeps of it. True when there was a cluster. */
async function end(files: ClusterFiles): Promise<boolean> {
  const record = await readClusterRecord(files);
  if (record?.existing) {
    await stopForwards(files);
    await removeFromExisting(record.existing, files.directory);
    return true;
  }
  const link = record && record.cluster !== null ? addressesOf(record.cluster).interfaceName : null;
  const index = link === null ? null : await indexOfInterface(link);
  if (await endNamespaces(files)) {
    // The kernel removes the interface a moment later; by then another cluster may have one of that name.
    while (link !== null && index !== null && (await indexOfInterface(link)) === index) {
      await pause(20);
    }
  }
  for (const name of programNames) {
    await stopRecorded(programFiles(files, name).pidFile, 'SIGKILL', END_MS);
  }
  await removeCgroups(cgroupOf(files));
  return record !== null;
}

async function remove(files: ClusterFiles): Promise<boolean> {
  const found = await end(files);
  const keep = new Set([files.directory, files.owner, files.record]);
  for (const path of Object.values<string>({ ...files }).filter((one) => !keep.has(one))) {
    await rm(path, { recursive: true, force: true });
  }
  // Last, so that an aborted removal leaves a directory that the next one still knows as a lab's.
  await rm(files.record, { force: true });
  return found;
}
