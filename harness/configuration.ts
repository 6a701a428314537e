import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

/** The parts of the configuration file that are read and changed here; written out as it is. */
export interface ConfigurationFile {
  temporal: { address: string; namespace?: string; taskQueue?: string };
  logs: Record<string, LogSection>;
}

export interface LogSection {
  publicUrl: string;
  hostname?: string;
  tls?: { caFile: string };
  trillian: TrillianSection;
  gate: GateSection;
  installation: { signerVariables?: Record<string, string>; slots: Record<string, SlotSection> };
  nextSigner?: NextSignerSection;
  rotation?: RotationSection;
  guard?: GuardSection;
  approvals?: ApprovalsSection;
}

export interface GateSection {
  listen: string;
  admin: string;
  members?: string[];
  token: { file: string };
  stateFile: string;
  maxWait?: string;
}

export interface ApprovalsSection {
  required: 'none' | 'one' | 'two';
  expire?: string;
  /** Each with lines of .pub files. */
  approvers?: { name: string; keys: string[] }[];
}

export interface NextSignerSection {
  keyFile?: string;
  password?: { file: string };
  kms?: string;
  tink?: { kekUri: string; keysetFile: string };
  publicKey?: string;
  trustedRootUrl?: string;
}

export interface TrillianSection {
  address: string;
  logServerMetrics: string[];
  signerMetrics: string[];
  signerInterval?: string;
  clockDifference?: string;
  database?: DatabaseSection;
}

export interface DatabaseSection {
  kind: string;
  host: string;
  port: number;
  database: string;
  user: string;
  password: { file: string };
}

export interface SlotSection {
  url: string;
  environmentFile: string;
  shardingFile: string;
  start: string[];
  stop: string[];
  status: string[];
  enable: string[];
  disable: string[];
}

/** Durations as the file has them: `2.5s`. */
export interface RotationSection {
  attempts?: number;
  pauseBetweenAttempts?: string;
  criticalSection?: string;
  soak?: string;
  stopCurrentAfter?: string;
  sampleEntries?: number;
  ifNextFails?: 'supersede' | 'hold';
}

export interface GuardSection {
  every?: string;
  recover?: boolean;
}

export function readConfiguration(file: string): ConfigurationFile {
  return parse(readFileSync(file, 'utf8')) as ConfigurationFile;
}

export function writeConfiguration(file: string, configuration: ConfigurationFile): void {
  writeFileSync(file, stringify(configuration));
}

/** A copy that can be changed and written; not `structuredClone`, whose objects are of another realm in jest. */
export function copyOf(configuration: ConfigurationFile): ConfigurationFile {
  return parse(stringify(configuration)) as ConfigurationFile;
}

/** The one log that a lab configures. */
export function onlyLog(configuration: ConfigurationFile): { readonly name: string; section: LogSection } {
  const [only, ...others] = Object.entries(configuration.logs);
  if (only === undefined || others.length > 0) {
    throw new Error(`The lab's configuration names ${Object.keys(configuration.logs).length} logs, not one.`);
  }
  const [name, section] = only;
  return { name, section };
}

/** For tests in which no write waits: a critical section that is long enough on the busiest machine. */
export function unhurried(section: LogSection): void {
  section.gate.maxWait = '30s';
  section.rotation = { ...section.rotation, criticalSection: '25s' };
}
