import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from '../tools/binaries';
import { takeLock } from '../tools/lock';
import { writeConfiguration, type LabTimes } from './configuration';
import { databases, type DatabaseName } from './database/databases';
import { labFiles, type LabFiles } from './files';
import { gateNames, type Gates } from './gates';
import {
  labParts,
  partsWith,
  statusOf,
  stopOrder,
  stopPart,
  type Part,
  type PartName,
  type PartStatus,
} from './parts';
import { claimPorts, type Ports } from './ports';
import { recorded, signalRecorded } from './process';
import {
  type LabRecord,
  claimDirectory,
  prepareRecord,
  readRecord,
  removeData,
  removeIfEmpty,
  writeRecord,
} from './record';
import { directRoutes, type Routes } from './routes';
import { enabledSlots, writeSlots } from './slots';
import { startPart, type Surroundings } from './start-part';

export { databaseNames, type DatabaseName } from './database/databases';
export { gateNames, type GateName, type Gates } from './gates';
export { partNames, type PartName, type PartStatus } from './parts';

export interface LabStatus {
  readonly directory: string;
  readonly configuration: string;
  /** Rekor as clients reach it: the gate, or the first of two. */
  readonly publicUrl: string;
  readonly temporalUi: string;
  readonly temporalAddress: string;
  /** Every part that was started runs, and Rekor in at least one slot. */
  readonly complete: boolean;
  /** Whether the lab was started to run without its starter. */
  readonly detached: boolean;
  /** What Trillian runs on. */
  readonly database: DatabaseName;
  readonly gates: Gates;
  readonly parts: readonly PartStatus[];
}

export interface LabOptions {
  readonly directory: string;
  readonly binaries: Binaries;
  /** What Trillian runs on: PostgreSQL unless told otherwise, or what a lab that is there already has. */
  readonly database?: DatabaseName;
  /** How many gates stand side by side: one unless told otherwise, or what a lab that is there already has. */
  readonly gates?: Gates;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  /** Told where each part listens, says where the others are to look for it; without it, there. */
  readonly routes?: (ports: Ports) => Promise<Routes>;
  /** Parts that are not started. */
  readonly without?: readonly PartName[];
  /** More of the signer's flags, such as a longer `--sequencer_interval`. */
  readonly signerFlags?: readonly string[];
  /** More of the flags of the database's server. */
  readonly databaseFlags?: readonly string[];
  /** How long a rotation may take; without it, as on a log with default settings. */
  readonly times?: LabTimes;
  /** Keep the data when the lab is stopped. A lab whose data was kept once keeps it until `stopLab` says otherwise. */
  readonly keepData?: boolean;
  /** The lab is to go on when this process ends; then call `leave` instead of `stop`. */
  readonly detached?: boolean;
  /** Ends a start that is under way; what was started is stopped again. */
  readonly signal?: AbortSignal;
}

export interface RunningLab {
  readonly status: LabStatus;
  readonly configurationFile: string;
  /** Stops every part and removes the data, unless it is to be kept. */
  stop(): Promise<void>;
  /** Lets the lab run on without this process. */
  leave(): Promise<void>;
  /** Starts a part, with the same files and address, and waits until it serves. */
  startPart(name: PartName): Promise<void>;
  stopPart(name: PartName): Promise<void>;
  /** SIGKILL: the part gets no chance to finish anything. */
  killPart(name: PartName): void;
  pidOf(name: PartName): number | null;
}

/** The directory is another process's lab now. */
export class LabInUse extends Error {
  readonly pid: number;
  private readonly files: LabFiles;

  constructor(files: LabFiles, pid: number) {
    super(
      `Process ${pid} is starting, running or stopping the lab in ${files.directory}. ` +
        `Stop it with: rekor-rotate lab down --directory ${files.directory}`,
    );
    this.name = 'LabInUse';
    this.files = files;
    this.pid = pid;
  }

  /** Asks that process, and none that has its pid by now, to stop the lab, and waits until it no longer has it. */
  async askToStop(keepData: boolean | undefined): Promise<void> {
    const record = await readRecord(this.files);
    if (keepData !== undefined && record) {
      await writeRecord(this.files, { ...record, keepData });
    }
    signalRecorded(this.files.owner, 'SIGTERM');
    while (recorded(this.files.owner)?.pid === this.pid) {
      await pause(50);
    }
  }
}

/**
 * Starts a lab: a new one, or the one whose files are in the directory, from these files alone and with the slots
 * that are enabled there. Parts that an earlier start left behind are stopped first.
 */
export async function startLab(options: LabOptions): Promise<RunningLab> {
  const files = labFiles(resolve(options.directory));
  await claimDirectory(files);
  const disownFiles = await own(files);
  let releasePorts = (): Promise<void> => Promise.resolve();
  const disown = async (): Promise<void> => {
    await releasePorts();
    await disownFiles();
  };
  try {
    const claimed = await claimPorts((await readRecord(files))?.ports);
    releasePorts = claimed.release;
    const choices = {
      keepData: options.keepData === true,
      detached: options.detached === true,
      without: options.without ?? [],
      ...(options.database && { database: options.database }),
      ...(options.gates && { gates: options.gates }),
    };
    const record = await prepareRecord(files, choices, claimed.ports);
    const { ports, keepData } = record;
    const { report, binaries, signerFlags = [], databaseFlags = [] } = options;
    const { signal = new AbortController().signal } = options;
    const routes = (await options.routes?.(ports)) ?? directRoutes(ports);
    const lab: Surroundings = {
      files,
      gates: record.gates,
      ports,
      routes,
      parts: labParts(files, record),
      database: databases[record.database],
      binaries,
      signerFlags,
      databaseFlags,
      report,
      signal,
    };
    await stopParts(lab, (name) => report(`${name} was still there from an earlier start: stopped`));
    await writeConfiguration(files, lab, options.times);
    await writeSlots(files, routes, binaries.rekorServer);
    try {
      await startParts(lab, new Set(options.without));
    } catch (error) {
      await stopParts(lab, () => undefined);
      // What failed by itself leaves its logs to be read; what a person broke off leaves nothing.
      if (signal.aborted && !keepData) {
        await removeData(files);
      }
      throw error;
    }
    return runningLab(lab, record, disown);
  } catch (error) {
    await disown();
    await removeIfEmpty(files.directory);
    throw error;
  }
}

/** What runs of the lab in this directory; null when there is no lab. */
export async function readStatus(directory: string): Promise<LabStatus | null> {
  const files = labFiles(resolve(directory));
  const record = await readRecord(files);
  return record && statusIn(files, record);
}

/**
 * Stops whatever runs of the lab in this directory, then removes its data unless it is to be kept: as `keepData` says,
 * or else as it was said when the lab was started.
 */
export async function stopLab(
  directory: string,
  options: { readonly keepData?: boolean | undefined; readonly report: (line: string) => void },
): Promise<void> {
  const files = labFiles(resolve(directory));
  const disown = await own(files);
  try {
    const record = await readRecord(files);
    if (record) {
      const parts = labParts(files, record);
      await stopParts({ files, parts }, (name) => options.report(`${name} is stopped`));
      const keepData = options.keepData ?? record.keepData;
      if (keepData) {
        await writeRecord(files, { ...record, keepData });
        options.report(
          `Its files stay in ${files.directory}; \`rekor-rotate lab down --remove-data\` removes them.`,
        );
      } else {
        await removeData(files);
        options.report('Its files are removed');
      }
    }
  } finally {
    await disown();
    await removeIfEmpty(files.directory);
  }
}

async function own(files: LabFiles): Promise<() => Promise<void>> {
  return await takeLock(files.owner, {
    onWait: (holder) => {
      throw new LabInUse(files, holder.pid);
    },
  });
}

async function startParts(lab: Surroundings, without: ReadonlySet<PartName>): Promise<void> {
  const start = async (names: readonly PartName[]) => {
    for (const name of names) {
      lab.signal.throwIfAborted();
      if (!without.has(name)) {
        await startPart(lab, name);
      }
    }
  };
  // At the same time: each asks the other what it may have missed, and serves nobody before it knows.
  const startGates = () => allStarted(gateNames.slice(0, lab.gates).map((name) => start([name])));
  const startLog = async () => {
    await start(['database', 'trillian-log-server', 'trillian-log-signer']);
    await start(enabledSlots(lab.files).map((slot) => `rekor-${slot}` as const));
    await startGates();
  };
  await allStarted([startLog(), start(['temporal'])]);
  await start(['worker']);
}

/** Each is waited for, also when one fails: nothing may start any more when the lab is stopped again. */
async function allStarted(starts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(starts)) {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
  }
}

async function stopParts(
  { files, parts }: { files: LabFiles; parts: Readonly<Record<PartName, Part>> },
  stopped: (name: PartName) => void,
): Promise<void> {
  const stop = async (name: PartName) => {
    const part = parts[name];
    if (recorded(part.pidFile)) {
      await stopPart(files, part);
      stopped(name);
    }
  };
  for (const names of stopOrder) {
    await Promise.all(names.map(stop));
  }
}

function statusIn(files: LabFiles, record: LabRecord): LabStatus {
  const { ports, without, detached, database, gates } = record;
  const parts = labParts(files, record);
  const found = partsWith(gates).map((name) => statusOf(parts[name]));
  const slots = found.filter(({ name }) => name === 'rekor-blue' || name === 'rekor-green');
  const wanted = found.filter((part) => !without.includes(part.name) && !slots.includes(part));
  return {
    directory: files.directory,
    configuration: files.configuration,
    publicUrl: `http://127.0.0.1:${ports.gate}`,
    temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
    temporalAddress: `127.0.0.1:${ports.temporal}`,
    complete: wanted.every(({ running }) => running) && slots.some(({ running }) => running),
    detached,
    database,
    gates,
    parts: found,
  };
}

function runningLab(lab: Surroundings, record: LabRecord, disown: () => Promise<void>): RunningLab {
  const { files, parts } = lab;
  return {
    get status() {
      return statusIn(files, record);
    },
    configurationFile: files.configuration,
    stop: async () => {
      await stopParts(lab, (name) => lab.report(`${name} is stopped`));
      // Read again: `lab down --keep-data` may have asked for it since.
      if ((await readRecord(files))?.keepData !== true) {
        await removeData(files);
      }
      await disown();
      await removeIfEmpty(files.directory);
    },
    leave: disown,
    startPart: (name) => startPart(lab, name),
    stopPart: (name) => stopPart(files, parts[name]),
    killPart: (name) => {
      signalRecorded(parts[name].pidFile, 'SIGKILL');
    },
    pidOf: (name) => recorded(parts[name].pidFile)?.pid ?? null,
  };
}
