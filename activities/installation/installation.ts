import type {
  ConfiguredShards,
  InstallationPatience,
  InstallationState,
  PlannedChanges,
  Release,
  Replacement,
  Roles,
} from '../../workflows/model/installation';
import type { Check } from '../../workflows/model/checks';
import type { Instance, TreeId } from '../../workflows/model/log';
import type { Ownership } from '../../workflows/model/ownership';
import type { RotationTiming } from '../../workflows/model/plan';
import type { CallBounds } from '../clients/call-bounds';

/**
 * THE PORT: how a log is run. One adapter for each way, in a folder of its own (host/), which share no base class.
 *
 * Every method states an end and may be repeated. Each throws a `RefusalError` (activities/errors/refusal-error.ts) with
 * words for a person, and reads no more than it needs: what is malformed elsewhere must not keep an undo from its end.
 * `signal` aborts what is still running; a method that is aborted throws its reason. What changes something is given bounds: no
 * call that it sends may land after them (H8).
 */
export interface Installation {
  readonly patience: InstallationPatience;

  /**
   * Whether a third release can be staged where the next one took entries and cannot serve. Where it cannot, a rotation goes
   * forward until the next one serves, with a person's help.
   */
  readonly supersedes: boolean;

  /**
   * Whether the next release may be started before writes wait. Where its instances take the room of those that serve, a start of
   * it is no rehearsal.
   */
  readonly rehearses: boolean;

  /**
   * Which release is which, when clients are sent to `serving`.
   * Refuses SENT_ELSEWHERE when these are not instances of exactly one release.
   */
  roles(serving: readonly string[], signal: AbortSignal): Promise<Roles>;

  /** The shards that a release is configured with, whether or not it runs. */
  configured(release: Release, signal: AbortSignal): Promise<ConfiguredShards>;

  /** Where each instance of a release is reached now, to be asked by itself; pods come and go. None for one that is not there. */
  instances(release: Release, signal: AbortSignal): Promise<readonly Instance[]>;

  /**
   * Base URLs at which clients are sent to a release: those of its instances, or of what stands before them all and outlives
   * each. None for one that is not there.
   */
  addresses(release: Release, signal: AbortSignal): Promise<readonly string[]>;

  /**
   * Whether clients who are sent to these base URLs are sent to this release: also where none of its instances that were there
   * then is there any more.
   */
  serves(release: Release, serving: readonly string[], signal: AbortSignal): Promise<boolean>;

  /** Whether instances of a release run, as whoever runs them says; nothing about whether they serve. */
  runs(release: Release, signal: AbortSignal): Promise<boolean>;

  /**
   * The attempt that is recorded on a release as not ended, as `<rotation>/<attempt>`; null without one. It is recorded
   * from before the first change until the attempt has ended.
   */
  unfinishedOn(release: Release, signal: AbortSignal): Promise<string | null>;

  /**
   * Everything that staging, starting and settling would write or run. Reads only.
   *
   * @param earlier trees at the end of the log's list that the current release may not list yet, in served order.
   */
  plan(
    roles: Pick<Roles, 'current' | 'next'>,
    earlier: readonly TreeId[],
    signal: AbortSignal,
  ): Promise<PlannedChanges>;

  /**
   * Writes what was planned and nothing else, with the id of the next tree in its place, after recording the attempt and
   * keeping what is replaced. Refuses CHANGED_BY_SOMEONE when the fingerprint is no longer the planned one and this attempt
   * did not change it.
   */
  stage(replacement: Replacement, planned: PlannedChanges, bounds: CallBounds): Promise<void>;

  /**
   * Refuses CHANGED_BY_SOMEONE when the next release is not as this attempt staged it, or the current one is no longer
   * configured with the shards that the attempt was planned for.
   */
  requireStaged(replacement: Replacement, signal: AbortSignal): Promise<void>;

  /** Puts back what `stage` replaced, unless someone else changed it since (CHANGED_BY_SOMEONE). */
  discard(replacement: Replacement, bounds: CallBounds): Promise<void>;

  /** The instances of a release are started; does not wait until they serve. No harm when they run. */
  start(release: Release, bounds: CallBounds): Promise<void>;

  /**
   * The current release has its instances again, where `start` took their room for the next one, which then has none. No harm
   * where nothing was taken so.
   */
  giveBack(replacement: Replacement, bounds: CallBounds): Promise<void>;

  /** The instances of a release are stopped. No harm when none runs. */
  stop(release: Release, bounds: CallBounds): Promise<void>;

  /**
   * The standing configuration is the next release's: after a reboot it starts, the current one does not, and
   * whichever starts reads the same shards (H33). What `stage` replaced is kept until `forget`.
   *
   * @returns the release that serves for good: the next one itself, or the standing one, which has been given the same
   *   configuration and started. Clients are then sent to that once it is proven, and the next one is stopped.
   */
  settle(replacement: Replacement, bounds: CallBounds): Promise<Release>;

  /**
   * The release that has taken the configuration of the next one for good, where that is another one: from `settle` on, also
   * when the rotation has ended long ago. Null before, and where the next one serves for good itself.
   */
  settledInto(
    replacement: Pick<Replacement, 'next' | 'nextTreeId'>,
    signal: AbortSignal,
  ): Promise<Release | null>;

  /**
   * Who else writes the standing configuration, and what they need for it to stay as it is (H10). Null where nothing can tell,
   * as on a host.
   */
  ownership(signal: AbortSignal): Promise<Ownership | null>;

  /** The rotation has ended: what its attempts recorded, kept and made for a while is not needed any more. */
  forget(replacement: Replacement, bounds: CallBounds): Promise<void>;

  /**
   * What can be known to go wrong in how this log is run, and no plan shows. Changes nothing. What cannot be reached or read
   * makes no check here.
   */
  examine(state: InstallationState, attempts: Attempts, signal: AbortSignal): Promise<readonly Check[]>;

  /** What a person does in a shell when these methods cannot reach their ends. */
  readonly byHand: InstallationByHand;
}

/** How often, and how soon again, a rotation may start the next release. */
export type Attempts = Pick<RotationTiming, 'attempts' | 'pauseBetweenAttemptsMs'>;

/** Lines for a person's shell; nothing in them asks whether someone else has changed what they change. */
export interface InstallationByHand {
  start(release: Release): readonly string[];
  stop(release: Release): readonly string[];
  /** The stop of the next release, and `discard`. Rejects with FILE_UNREADABLE when what is kept cannot be read. */
  discard(replacement: Replacement): Promise<readonly string[]>;
  /** `settle`, the stop of the release that serves no more, and `forget`. */
  settle(replacement: Replacement): readonly string[];
}

/** All that can be read of an installation without the plan of a rotation. */
export async function readInstallation(
  installation: Installation,
  serving: readonly string[],
  signal: AbortSignal,
): Promise<InstallationState> {
  const roles = await installation.roles(serving, signal);
  const { current, next } = roles;
  return {
    ...roles,
    ...(await installation.configured(current, signal)),
    currentInstances: await installation.instances(current, signal),
    nextInstances: await installation.instances(next, signal),
    nextIsRunning: await installation.runs(next, signal),
    unfinishedOn: {
      current: await installation.unfinishedOn(current, signal),
      next: await installation.unfinishedOn(next, signal),
    },
  };
}
