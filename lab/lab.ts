import { resolve } from 'node:path';
import type { Binaries } from '../tools/binaries';
import { takeLock } from '../tools/lock';
import { writeConfiguration } from './configuration';
import { labFiles, type LabFiles } from './files';
import { labParts, partNames, statusOf, stopPart, type Part, type PartName, type PartStatus } from './parts';
import type { Ports } from './ports';
import { recorded, signalRecorded } from './process';
import { claimDirectory, prepareRecord, readRecord, removeData, removeIfEmpty } from './record';
import { enabledSlots, writeSlots } from './slots';
import { startPart, type Surroundings } from './start-part';

export { partNames, type PartName, type PartStatus } from './parts';

export interface LabStatus {
  readonly directory: string;
  readonly configuration: string;
  /** Rekor as clients reach it: the gate. */
  readonly publicUrl: string;
  readonly temporalUi: string;
  readonly temporalAddress: string;
  readonly parts: readonly PartStatus[];
}

export interface LabOptions {
  readonly directory: string;
  readonly binaries: Binaries;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  /** Parts that are not started. */
  readonly without?: readonly PartName[];
  /** Keep the data when the lab is stopped. A lab whose data was kept once keeps it until it is taken down without. */
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

  constructor(directory: string, pid: number) {
    super(`Process ${pid} is starting, running or stopping the lab in ${directory}.`);
    this.name = 'LabInUse';
    this.pid = pid;
  }
}

/**
 * Starts a lab: a new one, or the one whose files are in the directory, from these files alone and with the slots
 * that are enabled there. Parts that an earlier start left behind are stopped first.
 */
export async function startLab(options: LabOptions): Promise<RunningLab> {
  const files = labFiles(resolve(options.directory));
  await claimDirectory(files);
  const disown = await own(files);
  try {
    const { ports, keepData } = await prepareRecord(files, {
      keepData: options.keepData === true,
      detached: options.detached === true,
    });
    const { report, binaries, signal = new AbortController().signal } = options;
    const lab = { files, ports, parts: labParts(files, ports), binaries, report, signal };
    await stopParts(lab, (name) => report(`${name} was still there from an earlier start: stopped`));
    await writeConfiguration(files, ports);
    await writeSlots(files, ports, binaries.rekorServer);
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
    return runningLab(lab, keepData, disown);
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
  return record && statusIn(files, record.ports);
}

/** Stops whatever runs of the lab in this directory, then removes its data unless it is to be kept. */
export async function stopLab(
  directory: string,
  options: { readonly keepData?: boolean; readonly report: (line: string) => void },
): Promise<void> {
  const files = labFiles(resolve(directory));
  const disown = await own(files);
  try {
    const record = await readRecord(files);
    if (record) {
      const parts = labParts(files, record.ports);
      await stopParts({ files, parts }, (name) => options.report(`${name} is stopped`));
      if (!(options.keepData ?? record.keepData)) {
        await removeData(files);
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
      throw new LabInUse(files.directory, holder.pid);
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
  const startLog = async () => {
    await start(['database', 'trillian-log-server', 'trillian-log-signer']);
    await start(enabledSlots(lab.files).map((slot) => `rekor-${slot}` as const));
    await start(['gate']);
  };
  // Both are waited for, also when one fails: nothing may start any more when the lab is stopped again.
  const started = await Promise.allSettled([startLog(), start(['temporal'])]);
  for (const outcome of started) {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
  }
  await start(['worker']);
}

async function stopParts(
  { files, parts }: { files: LabFiles; parts: Readonly<Record<PartName, Part>> },
  stopped: (name: PartName) => void,
): Promise<void> {
  for (const name of partNames.toReversed()) {
    const part = parts[name];
    if (recorded(part.pidFile)) {
      await stopPart(files, part);
      stopped(name);
    }
  }
}

function statusIn(files: LabFiles, ports: Ports): LabStatus {
  const parts = labParts(files, ports);
  return {
    directory: files.directory,
    configuration: files.configuration,
    publicUrl: `http://127.0.0.1:${ports.gate}`,
    temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
    temporalAddress: `127.0.0.1:${ports.temporal}`,
    parts: partNames.map((name) => statusOf(parts[name])),
  };
}

function runningLab(lab: Surroundings, keepData: boolean, disown: () => Promise<void>): RunningLab {
  const { files, ports, parts } = lab;
  return {
    get status() {
      return statusIn(files, ports);
    },
    configurationFile: files.configuration,
    stop: async () => {
      await stopParts(lab, (name) => lab.report(`${name} is stopped`));
      if (!keepData) {
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
