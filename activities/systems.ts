import type { Installation } from './installation/installation';
import type { GateClient } from './gate';
import type { QueueReader } from './queue';
import type { RekorClient } from './rekor';
import type { TrillianMetrics } from './signer';
import type { TrillianClient } from './trillian';
import type { LogVerifier } from './verification';

/** How long a rotation of one log may take in each part. Milliseconds. */
export interface RotationSettings {
  /** How many attempts a rotation makes before it ends `rolledBack`. */
  readonly attempts: number;
  readonly pauseBetweenAttemptsMs: number;
  /** From the hold to the exposure; what is not through by then is undone. */
  readonly criticalSectionMs: number;
  readonly soakMs: number;
  /** The current release keeps running for this long after its last write. */
  readonly stopCurrentAfterMs: number;
  /** How many random entries of each shard are verified, besides its first and last. */
  readonly sampleEntries: number;
}

/** The real systems of one log. There is one implementation of each but the installation. */
export interface LogSystems {
  readonly log: string;
  readonly trillian: TrillianClient;
  readonly metrics: TrillianMetrics;
  /** Absent when no database is configured. */
  readonly queue?: QueueReader;
  readonly rekor: RekorClient;
  readonly gate: GateClient;
  readonly installation: Installation;
  readonly verifier: LogVerifier;
  readonly publicUrl: string;
  readonly settings: RotationSettings;
}
