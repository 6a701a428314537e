import type { CriticalSectionInput } from './actions';
import { unfinishedAttempt, type Replacement, type Superseded } from './installation';
import { leftoversOf, namedTrees, type LeftoverFacts } from './leftovers';
import type { Shard, TreeId } from './log';
import { attemptIdOf, type MarkedTree } from './mark';
import type { RotationTiming } from './plan';
import { refusal, type Refusal } from './refusals';
import { fenceAbove, type AttemptIdentity } from './fencing';

/** What was read of a log that a rotation may have left half way. */
export interface RecoveryFacts {
  readonly log: string;
  /** What could not be read; `found` is then absent. */
  readonly refusals: readonly Refusal[];
  readonly found?: FoundLeftovers;
}

export interface FoundLeftovers extends LeftoverFacts {
  readonly traffic: LeftoverFacts['traffic'] & {
    /** Of the last order that it followed, and the attempt that gave it. */
    readonly number: number;
    readonly attemptId: string | null;
  };
  /** The shards of the serving release, in served order, with the lengths that Trillian has. */
  readonly inactive: readonly Shard[];
  /** Those trees with a mark that the serving release does not name and that hold an entry of a client. */
  readonly withEntries: readonly TreeId[];
  readonly timing: RotationTiming;
}

/**
 * - `takeBack`: the attempt is taken back, unless its next tree holds entries of clients; then it goes forward.
 * - `finish`: clients are sent to the next tree already.
 * - `supersede`: a next tree holds entries, and nothing is staged any more that could serve it.
 */
export type RecoveryKind = 'takeBack' | 'finish' | 'supersede';

export interface RecoveryPlan {
  readonly kind: RecoveryKind;
  /** What was found, in plain words. */
  readonly leftovers: readonly string[];
  readonly input: CriticalSectionInput;
  /**
   * The gate has seen its number and was not sent back since: its freeze may have begun, and a closed current tree be its
   * doing.
   */
  readonly held: boolean;
  /** Trees that nothing names and that are to be left FROZEN, with their attempts. */
  readonly retire: readonly Pick<MarkedTree, 'treeId' | 'identity'>[];
  readonly timing: RotationTiming;
}

/**
 * Finds out from the systems alone what an interrupted rotation was about. Pure: whoever asks again comes to the same
 * answer. Null when nothing is left over.
 */
export function planRecovery(
  log: string,
  found: FoundLeftovers,
): RecoveryPlan | { readonly refusals: readonly Refusal[] } | null {
  const leftovers = leftoversOf(found);
  if (leftovers.length === 0) {
    return null;
  }
  const { installation, marked } = found;
  const named = namedTrees(installation);
  const unnamed = byNumber(marked.filter((tree) => !named.has(tree.treeId)));
  const unfinished = marked.find(({ identity }) => attemptIdOf(identity) === unfinishedAttempt(installation));
  const served = marked.find(({ treeId }) => treeId === installation.activeTreeId);
  const servedIsUnfinished =
    served !== undefined && Object.values(installation.unfinishedOn).includes(attemptIdOf(served.identity));
  const retire = unnamed
    .filter(({ state }) => state !== 'FROZEN')
    .map(({ treeId, identity }) => ({ treeId, identity }));
  // If the gate never saw an attempt's number, that attempt cannot have closed the current tree; and if it was sent back, it
  // has opened that before. The rotation that made that tree may have, when the attempt was to supersede it.
  const mayHaveHeld = ({ identity }: MarkedTree): boolean =>
    (found.traffic.number >= identity.number && !wasSentBack(found, identity)) || servedIsUnfinished;
  const plan = (kind: RecoveryKind, tree: MarkedTree, release: Replacement | null) =>
    release
      ? {
          ...{ kind, leftovers, input: inputOf(found, tree, release) },
          ...{ held: mayHaveHeld(tree), retire, timing: found.timing },
        }
      : { refusals: [refusal('LEFT_BY_SOMEONE', { log, leftovers })] };
  const withEntries = unnamed.find(({ treeId }) => found.withEntries.includes(treeId));
  if (withEntries && withEntries.treeId !== unfinished?.treeId) {
    return plan('supersede', withEntries, nextOf(found, withEntries));
  }
  const open = found.current.state === 'ACTIVE';
  if (unfinished && !named.has(unfinished.treeId)) {
    if (mayHaveHeld(unfinished) || open) {
      return plan('takeBack', unfinished, nextOf(found, unfinished));
    }
  }
  // A rotation that left a tree of its own after the one that serves has nothing to do with how that came to serve.
  const [latest] = unnamed;
  const isLater = latest !== undefined && served !== undefined && isAfter(latest, served);
  if (served && (servedIsUnfinished || (open && !isLater))) {
    return plan('finish', served, exposedRelease(found, served));
  }
  // Without a record of an attempt nothing of ours closed the current tree, so nothing of ours may open it.
  return latest && open
    ? plan('takeBack', latest, nextOf(found, latest))
    : { refusals: [refusal('LEFT_BY_SOMEONE', { log, leftovers })] };
}

/**
 * Whether the gate passes by an order of this very attempt. It sends to the current release, so that order took the attempt
 * back: the freeze was taken back before it. Where a tree holds entries of clients the current one stays closed all the same.
 */
function wasSentBack({ traffic, withEntries }: FoundLeftovers, identity: AttemptIdentity): boolean {
  return traffic.mode === 'pass' && traffic.attemptId === attemptIdOf(identity) && withEntries.length === 0;
}

/** Another rotation, and a later one. */
function isAfter({ identity }: MarkedTree, { identity: served }: MarkedTree): boolean {
  return identity.rotationId !== served.rotationId && identity.number > served.number;
}

function byNumber(trees: readonly MarkedTree[]): MarkedTree[] {
  return [...trees].sort((one, other) => other.identity.number - one.identity.number);
}

/** What an attempt that is not exposed replaces: what serves now. */
function nextOf({ installation, inactive, timing }: FoundLeftovers, tree: MarkedTree): Replacement {
  const { current, next, activeTreeId } = installation;
  return {
    attemptId: attemptIdOf(tree.identity),
    current,
    next,
    currentTreeId: activeTreeId,
    nextTreeId: tree.treeId,
    inactive,
    patience: timing.patience,
  };
}

/** What an attempt that is exposed has replaced: its next release serves; null for a log without an earlier shard. */
function exposedRelease(found: FoundLeftovers, tree: MarkedTree): Replacement | null {
  const { installation, inactive, timing } = found;
  const { current, replaced } = installation;
  const before = inactive.at(-1);
  const supersedes = supersededBy(found, tree);
  return before
    ? {
        attemptId: attemptIdOf(tree.identity),
        current: replaced,
        next: current,
        currentTreeId: before.treeId,
        nextTreeId: tree.treeId,
        inactive: inactive.slice(0, -1),
        patience: timing.patience,
        ...(supersedes && { supersedes }),
      }
    : null;
}

/**
 * What an attempt that is exposed has superseded; undefined when nothing. A tree of its own rotation is listed before its
 * next tree only for that reason. The release that it replaced names the tree of the attempt that is recorded on it, and
 * those before; without one, only what the log had before the rotation.
 */
function supersededBy(
  { installation, inactive, marked }: FoundLeftovers,
  { identity }: MarkedTree,
): Superseded | undefined {
  const attemptOf = new Map(marked.map((tree) => [tree.treeId, tree.identity]));
  const trees = inactive
    .map(({ treeId }) => treeId)
    .filter((treeId) => attemptOf.get(treeId)?.rotationId === identity.rotationId);
  const recorded = trees.findIndex((treeId) => {
    const attempt = attemptOf.get(treeId);
    return attempt !== undefined && attemptIdOf(attempt) === installation.unfinishedOn.next;
  });
  return trees.length === 0 ? undefined : { trees, unnamed: trees.length - (recorded + 1) };
}

function inputOf(
  found: FoundLeftovers,
  { identity }: MarkedTree,
  release: Replacement,
): CriticalSectionInput {
  const { criticalSectionMs, ifNextFails } = found.timing;
  // The next attempt of the interrupted rotation may have begun, and have left nothing yet (H8).
  const numbers = [found.traffic.number, ...found.marked.map((tree) => tree.identity.number)];
  const fence = fenceAbove(numbers, 2);
  return { identity: { ...identity, fence }, release, criticalSectionMs, ifNextFails };
}
