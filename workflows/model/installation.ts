import type { Instance, Shard, TreeId } from './log';

/** How the log is run now, as read from its installation; no secret value is in it (H28). */
export interface InstallationState {
  /** The name under which the installation knows what serves now, for example the slot `blue`. */
  readonly current: string;
  /** The name of what will serve next, for example the slot `green`. */
  readonly next: string;
  readonly currentInstances: readonly Instance[];
  readonly nextInstances: readonly Instance[];
  /** The active tree that the current release is configured with. */
  readonly activeTreeId: TreeId;
  /** The inactive shards' trees in served order, as the current release's sharding list names them. */
  readonly inactiveTreeIds: readonly TreeId[];
  /** True when processes of the next release run already: leftovers that a rotation must not adopt. */
  readonly nextIsRunning: boolean;
  /**
   * `<rotation>/<attempt>` of the attempt that keeps what it replaced, because it has not ended; null without one. Where one
   * keeps beside either release, that of the next one.
   */
  readonly keptBy: string | null;
  /** The same, beside the current release only: the one that was exposed has not ended. Absent in histories before it was read. */
  readonly keptByServing?: string | null;
  /** SHA-256 over everything that the next release is derived from or replaces; a change by someone else changes it. */
  readonly fingerprint: string;
}

/** The steps in which a rotation changes its installation. */
export type ChangingStep = 'stage' | 'start' | 'settle';

/** One file that a rotation will write. Only lines that differ are shown; secret values are replaced by `<hidden>`. */
export interface FileChange {
  readonly step: ChangingStep;
  readonly path: string;
  /** Who reads the file, in words: "sharding list of slot green". */
  readonly what: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** One command that a rotation will run. */
export interface CommandRun {
  readonly step: ChangingStep;
  /** What it is for, in words: "green starts while blue drains". */
  readonly what: string;
  readonly command: readonly string[];
}

export interface InstallationChanges {
  readonly files: readonly FileChange[];
  readonly commands: readonly CommandRun[];
}

/** Everything that an installation needs to stage, run, settle or discard a release. */
export interface Release {
  /** Names this attempt in marks and backups: `<rotation>/<attempt>`. */
  readonly attemptId: string;
  readonly current: string;
  readonly next: string;
  readonly currentTreeId: TreeId;
  readonly nextTreeId: TreeId;
  /** Inactive shards of the current release, in served order. */
  readonly inactive: readonly Shard[];
  /** `InstallationState.fingerprint` as planned. */
  readonly fingerprint: string;
  /**
   * The current tree was itself the next one and took entries, but could not serve: it is frozen already, and the
   * slot that serves may know only the shards before it.
   */
  readonly supersedes?: boolean;
}
