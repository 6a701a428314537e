import { readFileSync, writeFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';

/** The parts of the lab's configuration file that are changed for a worker; written out as it is. */
export interface WorkerConfiguration {
  temporal: { address: string; taskQueue: string };
  logs: Record<string, LogConfiguration>;
}

export interface LogConfiguration {
  publicUrl: string;
  trillian: {
    address: string;
    logServerMetrics: string[];
    signerMetrics: string[];
    database: { url: { file: string } };
  };
  gate: { admin: string; token: { file: string } };
  installation: { slots: Record<string, SlotConfiguration> };
  rotation: Record<string, unknown>;
}

export interface SlotConfiguration {
  url: string;
  environmentFile: string;
  start: string[];
  stop: string[];
  enable: string[];
  disable: string[];
}

export function readConfiguration(file: string): WorkerConfiguration {
  return load(readFileSync(file, 'utf8')) as WorkerConfiguration;
}

export function writeConfiguration(file: string, configuration: WorkerConfiguration): void {
  writeFileSync(file, dump(configuration));
}
