import { readFileSync, writeFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';

/** The parts of the configuration file that tests read and change; written out as it is. */
export interface ConfigurationFile {
  temporal: { address: string; namespace?: string; taskQueue?: string };
  logs: Record<string, LogSection>;
}

export interface LogSection {
  publicUrl: string;
  hostname?: string;
  tls?: { caFile: string };
  trillian: TrillianSection;
  gate: { listen: string; admin: string; token: { file: string }; maxWait?: string };
  installation: { slots: Record<string, SlotSection> };
  rotation?: RotationSection;
  guard?: GuardSection;
}

export interface TrillianSection {
  address: string;
  logServerMetrics: string[];
  signerMetrics: string[];
  signerInterval?: string;
  clockDifference?: string;
  database?: { url: { file: string } };
}

export interface SlotSection {
  url: string;
  environmentFile: string;
  shardingFile: string;
  start: string[];
  stop: string[];
  status: string[];
}

/** Durations as the file has them: `2.5s`. */
export interface RotationSection {
  attempts?: number;
  pauseBetweenAttempts?: string;
  criticalSection?: string;
  soak?: string;
  stopCurrentAfter?: string;
  ifNextFails?: 'supersede' | 'hold';
}

export interface GuardSection {
  every?: string;
  recover?: boolean;
}

export function readConfiguration(file: string): ConfigurationFile {
  return load(readFileSync(file, 'utf8')) as ConfigurationFile;
}

export function writeConfiguration(file: string, configuration: ConfigurationFile): void {
  writeFileSync(file, dump(configuration));
}

/** For tests in which no write waits: a critical section that is long enough on the busiest machine. */
export function unhurried(section: LogSection): void {
  section.gate.maxWait = '30s';
  section.rotation = { ...section.rotation, criticalSection: '25s' };
}

/** A copy that can be changed and written; not `structuredClone`, whose objects are of another realm in jest. */
export function copyOf(configuration: ConfigurationFile): ConfigurationFile {
  return load(dump(configuration)) as ConfigurationFile;
}

/** The name of the one log that a lab configures. */
export function onlyLog(configuration: ConfigurationFile): string {
  const [name, ...others] = Object.keys(configuration.logs);
  if (name === undefined || others.length > 0) {
    throw new Error(`The lab's configuration names ${others.length + 1} logs, not one.`);
  }
  return name;
}
