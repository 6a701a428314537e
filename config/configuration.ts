import type { PemFile, TlsFiles } from '../activities/clients/authorities';
import type { RotationTiming } from '../workflows/model/plan';
import type { PostgresqlConfiguration } from './database/postgresql';
import type { HostConfiguration } from './installation/host';
import type { SecretReference } from './secrets';

/** What the programs are told, after validation: times in milliseconds, sizes in bytes, paths absolute. */
export interface Configuration {
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly temporal: TemporalSettings;
  /** `IP:port` where the worker shows its metrics; absent: nowhere. */
  readonly metrics?: string;
  /** By name. Look one up with `logNamed`, which knows how to say no. */
  readonly logs: Readonly<Record<string, LogConfiguration>>;
}

/** What the file says of Temporal; TEMPORAL_* in the environment wins over address and namespace. */
export interface TemporalSettings {
  /** `host:port` */
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue: string;
}

export interface LogConfiguration {
  readonly name: string;
  /** Where clients reach the log; without a trailing slash. */
  readonly publicUrl: string;
  /** The name in `--rekor_server.hostname` of both slots. Absent: that of `publicUrl` is hoped for. */
  readonly hostname?: string;
  /** Who may sign for the https addresses of this log. Absent: the authorities that Node.js brings along. */
  readonly authorities?: PemFile;
  readonly trillian: TrillianConfiguration;
  readonly gate: GateConfiguration;
  readonly installation: InstallationConfiguration;
  readonly rotation: RotationConfiguration;
  readonly guard: GuardConfiguration;
}

export interface TrillianConfiguration {
  /** `host:port` */
  readonly address: string;
  /** Absent: plaintext. */
  readonly tls?: TlsFiles;
  readonly logServerMetrics: readonly string[];
  readonly signerMetrics: readonly string[];
  readonly signerIntervalMs: number;
  readonly guardWindowMs: number;
  readonly clockDifferenceMs: number;
  readonly database?: DatabaseConfiguration;
}

export interface GateConfiguration {
  /** `host:port` for clients. */
  readonly listen: string;
  /** `host:port` for orders. */
  readonly admin: string;
  readonly token: SecretReference;
  readonly stateFile: string;
  readonly spoolDirectory: string;
  readonly maxWaitMs: number;
  readonly bodyInMemoryBytes: number;
  readonly bodyMemoryBytes: number;
  readonly spoolSizeBytes: number;
  readonly bodyLimitBytes: number;
}

/** How a log is run, by `kind`. */
export type InstallationConfiguration = HostConfiguration;

/** Where Trillian keeps its trees, by `kind`. */
export type DatabaseConfiguration = PostgresqlConfiguration;

export interface RotationConfiguration extends Omit<RotationTiming, 'patience'> {
  /** How many random entries of each shard are verified, besides its first and last. */
  readonly sampleEntries: number;
}

/** How a log is watched between its rotations. */
export interface GuardConfiguration {
  /** From one look to the next. */
  readonly everyMs: number;
  /** Whether the guardian recovers the log by itself, or only raises its alarm. */
  readonly recover: boolean;
}
