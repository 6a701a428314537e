import type { Check } from './checks';
import { entries } from './counted';
import type { AttemptInput, OpenedAndExposed } from './actions';
import type { Confirmation, VerificationReport, WriteStall } from './evidence';
import { downstream, endedTrees, keyChangeOf, type KeyChange } from './downstream';
import type { Approval } from './approval';
import type { Held } from './held';
import type { Intervention } from './instruction';
import type { Replacement } from './installation';
import type { Shard, TreeHead, TreeId } from './log';
import type { WritesWatched } from './lull';
import type { SourceOfTruth } from './ownership';
import type { Plan } from './plan';
import type { EditedSetting } from './plan-settings';
import type { Refusal } from './refusals';
import type { FrozenTree, Handover } from './next-tree';
import { forecastText, type Forecast } from './rehearsal';
import type { StepRecord } from './steps';
import { afterRotation, firstIndexAfter } from './shards';
import type { SignedEvidence } from './signed-evidence';
import { writesOver } from './writes-over';

/**
 * `superseded`: the next tree took entries of clients but could not serve; it is one more inactive shard, and a third tree
 * serves. `held`: a person gave up what the rotation could not finish; the result says what is left. `notNeeded`: a recovery
 * has found nothing left over. `rehearsed`: nothing of it is left but a closed tree. `skipped`: it was asked to begin at a time or in a lull, and that did not come.
 */
export type Outcome =
  | 'completed'
  | 'rehearsed'
  | 'rolledBack'
  | 'superseded'
  | 'refused'
  | 'skipped'
  | 'planned'
  | 'held'
  | 'notNeeded';

/** How a rotation ended; the result of `rotateLog`. */
export interface RotationResult {
  /** Whether it was a rotation, its rehearsal, or the recovery of an interrupted one. */
  readonly kind: 'rotation' | 'recovery' | 'rehearsal';
  readonly outcome: Outcome;
  /** Why it ended so, in plain words. */
  readonly reason: string;
  readonly refusals: readonly Refusal[];
  /** What was left when a person gave it up. */
  readonly held?: Held;
  readonly log: string;
  /** Null when there is none: a recovery that was refused, or that found nothing. */
  readonly rotationId: string | null;
  readonly attempts: number;
  readonly currentTree?: Partial<TreeHead> & { readonly treeId: TreeId };
  readonly nextTree?: { readonly treeId: TreeId; readonly firstIndex: number };
  /** Absent where the key stayed the same, or nobody told it. */
  readonly keyChange?: KeyChange;
  readonly steps: readonly StepRecord[];
  /** How writes fared in the gate, over all attempts; absent where no gate told it. */
  readonly writes?: WriteStall;
  /** What a rehearsal foretells. */
  readonly forecast?: Forecast;
  readonly frozen?: FrozenTree;
  /** Absent when an entry of a client came before it. */
  readonly handover?: Handover;
  /** The shard between the current and the next tree of a rotation that ended `superseded`. */
  readonly superseded?: { readonly treeId: TreeId; readonly size: number };
  /** Next trees of undone attempts, FROZEN; nothing serves them, and no rotation deletes one. Absent without any. */
  readonly leftTrees?: readonly TreeId[];
  /** For how long clients may have seen a next tree that was taken back, at most; milliseconds (H36). */
  readonly nextTreeVisibleMs?: number;
  /** What was last seen of the log's writes, before it began or was skipped; absent when it waited for no lull. */
  readonly watched?: WritesWatched;
  /** What people told it, and it followed. */
  readonly interventions: readonly Intervention[];
  /** Who approved its plan; absent when nobody had to. One without a key is a claim that nobody checked (H25). */
  readonly approvals?: readonly Approval[];
  /** What a person had edited in the plan file that it followed; absent when nothing was. */
  readonly edited?: readonly EditedSetting[];
  readonly verification?: VerificationReport;
  /** Whether what the configuration is applied from has it; absent where nothing tells, as on a host. */
  readonly sourceOfTruth?: SourceOfTruth;
  /** What monitors, mirrors and verifiers must be told (docs/operating.md says why). */
  readonly tellDownstream: readonly string[];
  /** What a receipt is made of (docs/receipt.md); absent where nothing was confirmed, or it has no room. */
  readonly signed?: SignedEvidence;
  /** Everything that was looked at before it, right or wrong; absent when it came to no look. */
  readonly checks?: readonly Check[];
  /** Absent for a recovery, which has none. */
  readonly plan?: Plan;
}

/** What every result of a rotation that did something says, however it ended. */
export type Rotated = Pick<
  RotationResult,
  'kind' | 'log' | 'rotationId' | 'attempts' | 'steps' | 'interventions'
> &
  Pick<RotationResult, 'plan' | 'nextTreeVisibleMs' | 'leftTrees' | 'approvals' | 'edited' | 'writes'>;

/**
 * The fields in the order in which the Temporal UI and `--json` show them: how it ended and why, what is left for a person,
 * the facts, and last what the log signed, the checks and the whole plan.
 */
export function inOrder(result: RotationResult): RotationResult {
  const { outcome, reason, refusals, held, signed, checks, plan, ...facts } = result;
  return {
    outcome,
    reason,
    refusals,
    ...(held && { held }),
    ...facts,
    ...(signed && { signed }),
    ...(checks && { checks }),
    ...(plan && { plan }),
  };
}

/** What a rotation is called, and what it had done by then; nothing unless it is said. */
type DoneSoFar = Pick<Rotated, 'kind' | 'log' | 'rotationId'> & Partial<Rotated>;

/** What a result says where nothing was done. */
const nothingDone = { refusals: [], attempts: 0, steps: [], interventions: [], tellDownstream: [] } as const;

/** Nothing has happened, or nothing more of it does: every reason against it at once. */
export function refused(done: DoneSoFar, refusals: readonly Refusal[]): RotationResult {
  const rotated = { attempts: 0, steps: [], interventions: [], ...done };
  return {
    ...rotated,
    outcome: 'refused',
    reason: [...refusals.map(({ message, remedy }) => `${message} ${remedy}`), ...leftOut(rotated)].join(' '),
    refusals,
    tellDownstream: [],
  };
}

/** Neither was anything changed nor did anything go wrong: what it was to wait for did not come. */
export function skipped(done: DoneSoFar, why: readonly Refusal[]): RotationResult {
  return { ...refused(done, why), outcome: 'skipped' };
}

/** A recovery has found nothing left over: the log is in order, and nothing was done. */
export function notNeeded(log: string): RotationResult {
  return {
    kind: 'recovery',
    log,
    rotationId: null,
    outcome: 'notNeeded',
    reason: `No interrupted rotation has left anything behind in ${log}: there is nothing to recover.`,
    ...nothingDone,
  };
}

/** Everything is undone, and why; the log serves as before. */
export function rolledBack(rotated: Rotated, currentTree: TreeId, reason: Refusal): RotationResult {
  return {
    ...rotated,
    outcome: 'rolledBack',
    reason: undoneText(rotated, reason),
    refusals: [reason],
    currentTree: { treeId: currentTree },
    tellDownstream: [],
  };
}

/** It is undone, as it was meant to be; the log has served all along. */
export function rehearsed(rotated: Rotated, currentTree: TreeId, forecast: Forecast): RotationResult {
  const { log, leftTrees = [] } = rotated;
  return {
    ...rotated,
    outcome: 'rehearsed',
    reason: [
      forecastText(forecast),
      ...leftOut(rotated),
      ...(leftTrees.length === 0 ? [] : [`Left behind: ${leftTreesText(log, leftTrees)}.`]),
    ].join(' '),
    refusals: [],
    currentTree: { treeId: currentTree },
    forecast,
    tellDownstream: [],
  };
}

/** Why, and what is not as it was before. */
function undoneText(rotated: Rotated, reason: Refusal): string {
  const { log, leftTrees = [] } = rotated;
  const skipped = leftOut(rotated);
  return [
    reason.message,
    ...askedFor(rotated),
    // "No action is needed" is not so where a person left out an undo.
    ...(skipped.length === 0 ? [reason.remedy] : skipped),
    ...(leftTrees.length === 0 ? [] : [`Left behind: ${leftTreesText(log, leftTrees)}.`]),
  ].join(' ');
}

/** The trees that undone attempts left, and what can be done about them. */
export function leftTreesText(log: string, trees: readonly TreeId[]): string {
  const [what, them] = trees.length === 1 ? ['tree', 'it'] : ['trees', 'them'];
  return `${what} ${trees.join(', ')}, closed and served by nothing; \`rekor-rotate prune ${log}\` lists ${them}`;
}

/** What a person had left out is not as before. */
function leftOut({ interventions }: Rotated): string[] {
  return interventions
    .filter(({ choice }) => choice === 'skip')
    .map(({ step = '', who, why }) => `${who} left out: ${step} (${why}).`);
}

/** Who asked for it to be taken back, if somebody did. */
function askedFor({ interventions }: Rotated): string[] {
  return interventions
    .filter(({ instruction }) => instruction === 'rollBack')
    .map(({ who, why }) => `${who} asked for it: ${why}.`);
}

/** Who approved it; a claim is called one. */
function approvedText({ approvals = [] }: Rotated): string[] {
  const by = (approval: Approval): string =>
    approval.key === null
      ? `${approval.who} says that they approved it; nobody checked that.`
      : `${approval.who} approved it.`;
  return approvals.map(by);
}

/** A person gave up what could not be finished; this rotation does nothing more about it. */
export function givenUp(rotated: Rotated, held: Held, reason: Refusal): RotationResult {
  return {
    ...rotated,
    outcome: 'held',
    reason: [`${reason.message} ${reason.remedy}`, ...leftOut(rotated)].join(' '),
    refusals: [held.reason, reason],
    held,
    tellDownstream: [],
  };
}

/** What a completed rotation found and proved; what a person left out is absent. */
export type Evidence = Pick<OpenedAndExposed, 'frozen' | 'handover'> &
  Pick<RotationResult, 'writes' | 'sourceOfTruth'> & { readonly verification?: Confirmation };

/** The next tree serves. */
export function completed(rotated: Rotated, input: AttemptInput, evidence: Evidence): RotationResult {
  const { release } = input;
  const { frozen, handover, verification: confirmation, writes: last, ...proved } = evidence;
  const writes = writesOver(rotated.steps, last);
  const { nextTreeId } = release;
  const shards = afterRotation(release.inactive, frozen.treeId, frozen.size);
  const firstIndex = firstIndexAfter(shards);
  const ended = endedTrees(shards, endedIn(rotated, release, shards)).map((tree) =>
    tree.treeId === frozen.treeId ? { ...tree, rootHash: frozen.rootHash } : tree,
  );
  const keyOf = (treeId: TreeId): string | undefined =>
    release.keys?.find(({ trees }) => trees.includes(treeId))?.logId;
  const keyChange = keyChangeOf(ended, { treeId: nextTreeId, firstIndex }, keyOf);
  return {
    ...rotated,
    outcome: 'completed',
    reason: [
      `Tree ${nextTreeId} takes the writes of ${rotated.log} from virtual index ${firstIndex} on.`,
      ...approvedText(rotated),
      ...leftOut(rotated),
      ...(proved.sourceOfTruth?.state === 'pending' ? [NOT_COMMITTED] : []),
    ].join(' '),
    refusals: [],
    currentTree: { treeId: frozen.treeId, size: frozen.size, rootHash: frozen.rootHash },
    nextTree: { treeId: nextTreeId, firstIndex },
    ...(keyChange && { keyChange }),
    frozen,
    ...(handover && { handover }),
    ...(confirmation && apart(confirmation)),
    ...(writes && { writes }),
    ...proved,
    tellDownstream: downstream({
      ...{ ended, nextTreeId, firstIndex, handover: handover !== null },
      ...(keyChange && { keyChange }),
    }),
  };
}

const NOT_COMMITTED =
  'What the configuration is applied from may still have the former values; sourceOfTruth says what to commit.';

/** What was counted, which people read, and what was signed, which they do not. */
function apart({ signed, ...verification }: Confirmation): Pick<RotationResult, 'verification' | 'signed'> {
  return { verification, ...(signed && { signed }) };
}

/** How many trees have ended: from the one that was planned as the current one; more than one where one could not serve. */
function endedIn({ plan }: Rotated, { supersedes }: Replacement, shards: readonly Shard[]): number {
  const first = shards.findIndex(({ treeId }) => treeId === plan?.currentTree.treeId);
  return first < 0 ? 1 + (supersedes?.trees.length ?? 0) : shards.length - first;
}

/** A third tree serves, after the next one, which took entries and could not. */
export function superseded(rotated: Rotated, third: AttemptInput, evidence: Evidence): RotationResult {
  const result = completed(rotated, third, evidence);
  const { treeId, size } = evidence.frozen;
  const { inactive, supersedes } = third.release;
  const current = inactive.at(-(supersedes?.trees.length ?? 1));
  return {
    ...result,
    outcome: 'superseded',
    reason: `Tree ${treeId} took ${entries(size)} and could not serve, so it is an inactive shard now. ${result.reason}`,
    ...(current && { currentTree: { treeId: current.treeId, size: current.length } }),
    superseded: { treeId, size },
  };
}

/** What would have been done; nothing was. */
export function planned(
  done: DoneSoFar,
  reason = 'This was a dry run: nothing has been changed.',
): RotationResult {
  const { kind, log, rotationId, ...rest } = done;
  return { kind, log, rotationId, outcome: 'planned', reason, ...nothingDone, ...rest };
}
