import type { ApprovalPolicy } from '../workflows/model/approval';
import type { RotationTiming } from '../workflows/model/plan';
import type { DrainTiming } from '../workflows/model/drain';
import type { ActivityBounds } from './bounds/activity-bounds';
import type { Installation } from './installation/installation';
import type { PastWrites } from './past-writes';
import type { GateInsertion } from './traffic/insertion';
import type { Traffic } from './traffic/traffic';
import type { TreeQueue } from './tree-queue/tree-queue';
import type { PemFile } from './clients/authorities';
import type { RekorClient } from './clients/rekor';
import type { TrillianMetrics } from './clients/metrics';
import type { TrillianClient } from './clients/trillian';
import type { LogVerifier } from './verification/verification';

/** The real systems of one log. There is one implementation of each but the installation, the queue and the traffic. */
export interface LogSystems {
  readonly log: string;
  readonly trillian: TrillianClient;
  readonly metrics: TrillianMetrics;
  /** Absent when no database is configured. */
  readonly queue?: TreeQueue;
  readonly rekor: RekorClient;
  readonly traffic: Traffic;
  /** Where a gate stands before the log for a rotation alone. */
  readonly insertion?: GateInsertion;
  readonly installation: Installation;
  readonly verifier: LogVerifier;
  readonly pastWrites: PastWrites;
  readonly publicUrl: string;
  /** Under which name checkpoints must be signed; absent: that of `publicUrl` is hoped for. */
  readonly hostname?: string;
  readonly timing: RotationTiming;
  readonly drain: DrainTiming;
  /** How many random entries of each shard are verified, besides its first and last. */
  readonly sampleEntries: number;
  readonly guard: GuardPolicy;
  readonly approvals: ApprovalPolicy;
  /** What is asked of the key that shards are signed with from the next one on; absent: the current one's. */
  readonly expectedSigner?: ExpectedSigner;
  /** For people who have to finish something by hand. */
  readonly addresses: Addresses;
}

/** A key that the configuration wants. */
export interface ExpectedSigner {
  /** Its field in the configuration. */
  readonly field: string;
  /** The PEM that it must be. */
  readonly publicKeyFile?: string | undefined;
  /** Where clients get the trusted root, in which it must be. */
  readonly trustedRootUrl?: string | undefined;
  /** Who may sign for an https address of it. */
  readonly authorities?: PemFile | undefined;
}

/** The same within one try of an activity, whose bounds end every call. */
export interface BoundSystems extends LogSystems {
  readonly bounds: ActivityBounds;
}

/** What the guardian of a log may do. */
export interface GuardPolicy {
  /** Recover an interrupted rotation by itself. */
  readonly recover: boolean;
  /** A rotation in which nothing happens for this long is stuck; milliseconds. */
  readonly stuckAfterMs: number;
}

export interface Addresses {
  /** `HOST:PORT` of Trillian's log server. */
  readonly trillian: string;
}
