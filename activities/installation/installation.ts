import type { InstallationChanges, InstallationState, Release } from '../../workflows/model/installation';
import type { Instance } from '../../workflows/model/log';

/**
 * THE PORT: how a log is run. One adapter for each way, in a folder of its own (host/), which share no base class.
 *
 * Every method states an end and may be repeated. Each throws a `RefusalError` (activities/errors/refusal-error.ts) with
 * words for a person. `signal` aborts commands that are still running; a method that is aborted throws its reason.
 */
export interface Installation {
  /** Reads how the log is run; `servingUrl` is where the gate sends requests now, which names the current release. */
  read(servingUrl: string, signal: AbortSignal): Promise<InstallationState>;

  /** What staging and settling would change, for people: no secret value is in it. Reads only. */
  describe(state: InstallationState, signal: AbortSignal): Promise<InstallationChanges>;

  /**
   * Writes the next release's configuration, after keeping what it replaces.
   * Refuses with CHANGED_BY_SOMEONE when the fingerprint is no longer the planned one and this mark did not change it.
   */
  stage(order: Release, signal: AbortSignal): Promise<void>;

  /**
   * Which attempt keeps what it replaced of the next release, as `<rotation>/<attempt>`; null without one. It is kept
   * from before the first change until the attempt has ended.
   */
  keptBy(order: Release, signal: AbortSignal): Promise<string | null>;

  /**
   * Refuses CHANGED_BY_SOMEONE when the next release is not as this attempt staged it, or the current one is no longer
   * configured with the shards of the order.
   */
  requireStaged(order: Release, signal: AbortSignal): Promise<void>;

  /** Puts back what `stage` replaced, unless someone else changed it since (CHANGED_BY_SOMEONE). */
  discard(order: Release, signal: AbortSignal): Promise<void>;

  /** The processes of the next release are started; does not wait until they serve. No harm when they run. */
  start(release: string, signal: AbortSignal): Promise<void>;

  /** The processes of a release are stopped. No harm when none runs. */
  stop(release: string, signal: AbortSignal): Promise<void>;

  /** Whether processes of a release run, as whoever runs them says; nothing about whether they serve. */
  runs(release: string, signal: AbortSignal): Promise<boolean>;

  /** Where the processes of a release are reached. */
  instances(release: string): readonly Instance[];

  /**
   * The standing configuration is the next release's: after a reboot it starts, the current one does not, and
   * whichever starts reads the same shards (H33). What `stage` replaced is kept until `forget`.
   */
  settle(order: Release, signal: AbortSignal): Promise<void>;

  /** The rotation has ended: what its attempts kept of either release is not needed any more. */
  forget(order: Release, signal: AbortSignal): Promise<void>;

  /** What a person does in a shell when these methods cannot reach their ends. */
  readonly byHand: InstallationByHand;
}

/** Lines for a person's shell; nothing in them asks whether someone else has changed what they change. */
export interface InstallationByHand {
  start(release: string): readonly string[];
  stop(release: string): readonly string[];
  /** The stop of the next release, and `discard`. Rejects with FILE_UNREADABLE when what is kept cannot be read. */
  discard(order: Release): Promise<readonly string[]>;
  /** `settle`, the stop of the current release, and `forget`. */
  settle(order: Release): readonly string[];
}
