import type { Installation } from '../../activities/installation/installation';
import type { RekorConfiguration, RekorProcess } from './rekor';

/** The id of a release, as the adapter knows it. */
export type ReleaseId = string;

/** How the simulated log is run: what the real adapter works on, and what everybody else sees of it and does to it. */
export interface SimulatedInstallation {
  /** The real one, over what is simulated. */
  readonly adapter: Installation;
  /** The one that serves when everything begins, and the other. */
  readonly releases: readonly [ReleaseId, ReleaseId];

  /** The first release serves the log as it is before anything happens. */
  begin(): Promise<void>;

  /** Where clients are sent to a release. */
  addressesOf(release: ReleaseId): readonly string[];
  /** Whose address that is, or was. */
  releaseAt(url: string | undefined): ReleaseId | undefined;
  /** A process that answers at an address now. */
  at(url: string): RekorProcess | undefined;
  /** All that answer now, each at whatever address it has. */
  processesOf(release: ReleaseId): readonly RekorProcess[];

  /** It was started, whether or not it answers by now. */
  runs(release: ReleaseId): boolean;
  /** It starts when everything is started anew. */
  startsByItself(release: ReleaseId): boolean;
  /** What a start would load now; undefined when its configuration makes no sense, or is not there. */
  configured(release: ReleaseId): RekorConfiguration | undefined;
  /** Whether any configuration has this tree's id in it. */
  mentions(treeId: string): boolean;

  /** What a rollback must leave as it was, by name. */
  contents(): Contents;
  /** What an interrupted rotation has left, in words. */
  leftovers(): readonly string[];

  /** A process of it dies, and is started again by whoever watches over it. */
  crash(release: ReleaseId, againAfterMs: number, misreads?: boolean): Promise<void>;
  /** Whoever reads the alarm of a process that misread a length starts that one anew. */
  mend(release: ReleaseId, againAfterMs: number): Promise<void>;
  /** Somebody starts it anew. */
  restart(release: ReleaseId): Promise<void>;
  /** Every process ends, and what starts by itself starts again. */
  reboot(): Promise<void>;

  /** Somebody edits something of a release in a way that means nothing. `form` chooses what, in [0, 1). */
  edit(release: ReleaseId, form: number): Edit;
  /** Somebody deploys a change to a release that means nothing. Returns what was changed. */
  deploy(release: ReleaseId, number: number): string;
  /** Somebody gives a release the shards that another, or it itself, was configured with then; the active tree too, or only the list. */
  putBack(then: Contents, from: ReleaseId, to: ReleaseId, withTree: boolean): void;
}

export type Contents = Readonly<Record<string, string | null>>;

/** What somebody has edited. */
export interface Edit {
  readonly what: string;
  /** Whether it is still there. */
  readonly isKept: () => boolean;
}
