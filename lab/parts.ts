import { join } from 'node:path';
import { databases, type DatabaseName } from './database/databases';
import type { LabFiles, SlotName } from './files';
import { slotFiles } from './files';
import type { Gates } from './gates';
import type { Ports } from './ports';
import { recorded, stopRecorded } from './process';
import { runSlotCommand } from './slots';

/** The processes of a lab. */
export const partNames = [
  'database',
  'trillian-log-server',
  'trillian-log-signer',
  'temporal',
  'rekor-blue',
  'rekor-green',
  'gate',
  'gate-2',
  'worker',
] as const;

export type PartName = (typeof partNames)[number];

/** The parts of a lab with so many gates. */
export function partsWith(gates: Gates): readonly PartName[] {
  return partNames.filter((name) => gates === 2 || name !== 'gate-2');
}

/** Each part stops before what it uses; those of one line stop together. */
export const stopOrder: readonly (readonly PartName[])[] = [
  ['worker'],
  ['gate', 'gate-2'],
  ['rekor-blue', 'rekor-green'],
  ['trillian-log-server', 'trillian-log-signer', 'temporal'],
  ['database'],
];

/** Where a part is found, whether it runs or not. */
export interface Part {
  readonly name: PartName;
  /** What it listens on; null for a part that only calls others. */
  readonly address: string | null;
  /** All of its ports. */
  readonly ports: readonly number[];
  readonly pidFile: string;
  readonly logFile: string;
  /** What asks it to end; SIGTERM unless it is said. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface PartStatus {
  readonly name: PartName;
  readonly address: string | null;
  readonly pid: number | null;
  readonly logFile: string;
  readonly running: boolean;
}

/** How long a part may take to end by itself; the gate and the worker finish what they have. */
const patienceMs = 20_000;
/**
 * Trillian's servers end what they do at once and then sleep for 5 and 10 s before they exit ("give things a few
 * seconds to tidy up", trillian: cmd/internal/serverutil/main.go, cmd/trillian_log_signer/main.go); nothing is lost when that sleep is cut short.
 */
const trillianPatienceMs = 1_500;

export function labParts(
  files: LabFiles,
  { ports, database }: { readonly ports: Ports; readonly database: DatabaseName },
): Readonly<Record<PartName, Part>> {
  const part = (name: PartName, ...listening: number[]): Part => ({
    name,
    address: listening[0] === undefined ? null : `127.0.0.1:${listening[0]}`,
    ports: listening,
    pidFile: join(files.running, `${name}.pid`),
    logFile: join(files.logs, `${name}.log`),
  });
  const slot = (name: SlotName): Part => {
    const { record, log } = slotFiles(files, name);
    return { ...part(`rekor-${name}`, ports[name]), pidFile: record, logFile: log };
  };
  return {
    database: { ...part('database', ports.database), stopSignal: databases[database].stopSignal },
    'trillian-log-server': part('trillian-log-server', ports.trillian, ports.trillianMetrics),
    'trillian-log-signer': part('trillian-log-signer', ports.signer, ports.signerMetrics),
    temporal: part('temporal', ports.temporal, ports.temporalUi),
    'rekor-blue': slot('blue'),
    'rekor-green': slot('green'),
    gate: part('gate', ports.gate, ports.gateAdmin),
    'gate-2': part('gate-2', ports.secondGate, ports.secondGateAdmin),
    worker: part('worker'),
  };
}

export function statusOf(part: Part): PartStatus {
  const identity = recorded(part.pidFile);
  return {
    name: part.name,
    address: part.address,
    pid: identity?.pid ?? null,
    logFile: part.logFile,
    running: identity !== null,
  };
}

/** Ends a part, if exactly the process that was recorded for it runs. */
export async function stopPart(files: LabFiles, part: Part): Promise<void> {
  if (part.name === 'rekor-blue' || part.name === 'rekor-green') {
    // Through the slot's own command, which excludes a start that a worker may have under way.
    await runSlotCommand(files, 'stop', part.name === 'rekor-blue' ? 'blue' : 'green');
    return;
  }
  const patience = part.name.startsWith('trillian-') ? trillianPatienceMs : patienceMs;
  await stopRecorded(part.pidFile, part.stopSignal ?? 'SIGTERM', patience);
}
