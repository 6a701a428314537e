import type { ApprovalPolicy } from './approval';
import { checked, failedCheck, inCatalogueOrder, passedCheck, refusalsIn, type Check } from './checks';
import type { InstallationPatience, InstallationState, PlannedChanges, Superseded } from './installation';
import { type DrainEvidence, longestSignerWaitsMs, passMs, signerWaitsMs } from './drain';
import type { InstanceLog, Shard, Tree, TreeHead, TreeId } from './log';
import { fixedPlan, fixedPartNames, type FixedPart } from './plan-file';
import { editsIn, judgePlanFile, type Edits } from './plan-file-edits';
import { plannedSettings, withSettings, type EditableTiming, type EditedSetting } from './plan-settings';
import { LARGEST_NUMBER, fenceAbove, type Fence } from './fencing';
import type { RotationRequest } from './request';
import { namedOwners, ownerRefusals, type Ownership } from './ownership';
import { refusal, type Refusal, type RefusalCode } from './refusals';
import { isRehearsed, roomInWords, SHORTEST_RECREATE_MS, type PlannedRoom } from './room';
import { differencesFrom, firstIndexAfter } from './shards';
import type { FoundTraffic, TrafficWords } from './traffic';

/** What preflight read, all in one instant as far as that is possible. */
export interface PreflightFacts {
  readonly log: string;
  /** What reading it has shown, right or wrong. */
  readonly checks: readonly Check[];
  /** Absent when a part of it could not be read. */
  readonly found?: FoundLog;
}

export interface FoundLog extends PlannedChanges {
  readonly installation: InstallationState;
  readonly current: Tree;
  readonly currentHead: TreeHead;
  readonly inactive: readonly (Shard & { readonly tree: Tree })[];
  /** What each instance that serves now has loaded. */
  readonly instances: readonly { readonly name: string; readonly log: InstanceLog }[];
  readonly traffic: FoundTraffic;
  /** The largest number in the mark of any tree of this log; 0 without any. */
  readonly largestMark: number;
  /** Trees whose mark is ignored for its number. */
  readonly unusableMarks: readonly TreeId[];
  /** What an interrupted rotation left behind, in plain words. */
  readonly leftovers: readonly string[];
  /** How it will be proven that the current tree is drained; the signer's passes are the weaker way. */
  readonly drainEvidence: DrainEvidence;
  /** SHA-256 over what the plan changes, but not over sizes, which move all the time. */
  readonly hash: string;
  readonly timing: RotationTiming;
  readonly approvals: ApprovalPolicy;
  /** Where the signer changes. */
  readonly newKey?: NewKey;
  /** Of the plan file that was given; absent without one. */
  readonly planFile?: SealedPlan;
}

/** The key that the next tree is to be signed with, in place of the current one's; log ids are SHA-256 over a key's DER. */
export interface NewKey {
  /** The log id of the current tree; absent where it could not be read. */
  readonly former?: string;
  /** Absent where nextSigner does not say its publicKey: then the rehearsal learns it. */
  readonly next?: string;
  /** The entry of the new key for `tlogs` of the trusted root, to be published before the first signature. */
  readonly trustedRootEntry?: unknown;
  /** Where clients get that, and it has been found to have the key. */
  readonly publishedAt?: string;
}

/** What only whoever can hash knows of a plan file. */
export interface SealedPlan {
  /** The parts of its fixed half that are not what their seals are of. */
  readonly brokenSeals: readonly FixedPart[];
  /** Of the plan with its edits; without any the same as that of the plan. */
  readonly hash: string;
}

/** How long a rotation of this log may take in each part, from the configuration. Milliseconds. */
export interface RotationTiming extends EditableTiming {
  /** The current release keeps running for this long after its last write. */
  readonly stopCurrentAfterMs: number;
  readonly patience: InstallationPatience;
}

/** The exact changes of one rotation, as data. */
export interface Plan extends PlannedChanges {
  readonly log: string;
  readonly hash: string;
  readonly currentTree: TreeHead & { readonly treeId: TreeId };
  readonly nextTree: NamedTree;
  /** The next tree gets it from the current one (Trillian's `max_root_duration`); milliseconds. */
  readonly maxRootDurationMs: number;
  readonly inactive: readonly Shard[];
  readonly installation: InstallationState;
  /** Virtual index of the next tree's first leaf if nothing were written any more. */
  readonly firstIndexNow: number;
  readonly drainEvidence: FoundLog['drainEvidence'];
  /** Of the first attempt. */
  readonly fence: Fence;
  readonly timing: RotationTiming;
  /** Who has to approve it. */
  readonly approvals: ApprovalPolicy;
  readonly traffic: TrafficWords;
  /** Where the signer changes: what clients must trust first. */
  readonly newKey?: NewKey;
  /** What a person has edited in its file; absent when nothing was. */
  readonly edited?: readonly EditedSetting[];
}

interface NamedTree {
  readonly displayName: string;
}

/** What of a plan is prepared before a write has to wait. */
export interface Preparation extends PlannedChanges {
  readonly currentTree: Pick<Plan['currentTree'], 'treeId'>;
  readonly inactive: readonly Shard[];
  readonly installation: Pick<InstallationState, 'current' | 'next'>;
  readonly timing: Pick<RotationTiming, 'patience'>;
  readonly supersedes?: Superseded;
  /** What is chosen for the next tree; absent for a third one. */
  readonly nextTree?: NamedTree;
}

/** Everything that was looked at, right or wrong, with the plan or with what stands against one. */
export type Planned = { readonly checks: readonly Check[] } & (
  { readonly plan: Plan } | { readonly refusals: readonly Refusal[] }
);

/** Makes the plan, or says everything that stands against it. Pure: the same facts give the same answer. */
export function planRotation(request: RotationRequest, facts: PreflightFacts): Planned {
  const { found } = facts;
  if (!found) {
    const checks = inCatalogueOrder(facts.checks);
    return { checks, refusals: refusalsIn(checks) };
  }
  const edits = editsIn(request.planFile, request.log, plannedSettings(request.log, found), found.approvals);
  const edited = withSettings(found, edits.settings);
  const plan = planOf(request, edited, edits);
  const checks = inCatalogueOrder([
    ...facts.checks,
    ...judge(request, { ...edited, hash: plan.hash }),
    ...judgeFile(request, found, edits),
  ]);
  const refusals = refusalsIn(checks);
  return refusals.length > 0 ? { checks, refusals } : { checks, plan };
}

function planOf(request: RotationRequest, found: FoundLog, { settings, edited }: Edits): Plan {
  return {
    log: request.log,
    hash: edited.length > 0 ? (found.planFile?.hash ?? found.hash) : found.hash,
    currentTree: { treeId: found.current.treeId, ...found.currentHead },
    nextTree: { displayName: settings.displayName },
    maxRootDurationMs: found.current.maxRootDurationMs,
    inactive: found.inactive.map(({ treeId, length }) => ({ treeId, length })),
    installation: found.installation,
    changes: found.changes,
    fingerprint: found.fingerprint,
    ...(found.signer && { signer: found.signer }),
    ...(found.ownership && { ownership: found.ownership }),
    ...(found.room && { room: found.room }),
    ...(found.newKey && { newKey: found.newKey }),
    firstIndexNow: firstIndexAfter(found.inactive) + found.currentHead.size,
    drainEvidence: found.drainEvidence,
    fence: firstFence(found),
    timing: found.timing,
    approvals: approvalsFor(request, found.approvals),
    traffic: found.traffic.words,
    ...(edited.length > 0 && { edited }),
  };
}

/** A file that was given, held against the plan without edits. A worker of before would not have looked at it. */
function judgeFile(request: RotationRequest, found: FoundLog, edits: Edits): Check[] {
  const { planFile: file, log } = request;
  if (!file) {
    return [];
  }
  const nobodyAsksMore = { log };
  const unedited = planOf(
    nobodyAsksMore,
    found,
    editsIn(undefined, log, plannedSettings(log, found), found.approvals),
  );
  return judgePlanFile(
    file,
    { log, fixed: fixedPlan(unedited) },
    found.planFile?.brokenSeals ?? fixedPartNames,
    edits,
  );
}

/**
 * A person may want somebody else to look at a rotation although the configuration does not. What is approved is a rotation:
 * a rehearsal serves nobody, and is taken back.
 */
function approvalsFor(
  { waitForApproval, rehearse }: RotationRequest,
  policy: ApprovalPolicy,
): ApprovalPolicy {
  if (rehearse) {
    return { ...policy, required: 'none' };
  }
  return waitForApproval && policy.required === 'none' ? { ...policy, required: 'one' } : policy;
}

/** The fence of the first attempt. */
function firstFence({ traffic, largestMark }: FoundLog): Fence {
  return fenceAbove([traffic.number, largestMark]);
}

/** What was found, held against what a rotation needs. */
function judge(request: RotationRequest, found: FoundLog): Check[] {
  const { log, currentTree: asked, planHash } = request;
  const { installation, current, currentHead, inactive, traffic, leftovers, hash } = found;
  const { activeTreeId, next } = installation;
  return [
    ...checked('NUMBERS_LEFT', { number: firstFence(found).act }, numbersTooLarge(log, found)),
    ...(asked === undefined
      ? []
      : checked(
          'ASKED_TREE_ACTIVE',
          { tree: asked },
          unless(asked === activeTreeId, 'NOT_THE_ACTIVE_TREE', { log, asked, active: activeTreeId }),
        )),
    ...checked('CURRENT_TREE_ACTIVE', { tree: current.treeId, size: currentHead.size }, [
      ...unless(current.type === 'LOG', 'CURRENT_TREE_NOT_A_LOG', {
        log,
        tree: current.treeId,
        type: current.type,
      }),
      ...unless(current.state === 'ACTIVE', 'CURRENT_TREE_NOT_ACTIVE', {
        log,
        tree: current.treeId,
        state: current.state,
      }),
    ]),
    ...checked(
      'INACTIVE_TREES_CLOSED',
      { trees: inactive.length },
      inactive.flatMap(({ treeId, tree }) =>
        unless(tree.state !== 'ACTIVE', 'INACTIVE_TREE_ACTIVE', { log, tree: treeId }),
      ),
    ),
    ...found.instances.flatMap(({ name: instance, log: loaded }) => {
      const differences = differencesFrom(loaded, activeTreeId, inactive);
      return checked(
        'INSTANCE_SERVES_SHARDS',
        { instance },
        unless(differences.length === 0, 'INSTANCE_DIFFERS', { log, instance, differences }),
      );
    }),
    ...(found.ownership ? ownersHeldOff(log, found.ownership) : []),
    ...drainFits(log, found),
    ...checked(
      'NEXT_IDLE',
      { next: next.name },
      unless(!installation.nextIsRunning, 'NEXT_IS_RUNNING', { log, next: next.name }),
    ),
    ...checked('NOTHING_LEFT_OVER', { log }, unless(leftovers.length === 0, 'LEFTOVERS', { log, leftovers })),
    ...checked('TRAFFIC_SENDS_WRITES', { instances: traffic.instances }, [
      ...unless(!traffic.holding, 'GATE_IS_HOLDING', { log, number: traffic.number, by: traffic.by }),
      ...(traffic.alarms ?? []),
    ]),
    traffic.words.fails === null
      ? passedCheck('WRITES_WAIT', traffic.words)
      : failedCheck(
          'WRITES_WAIT',
          refusal('WRITES_WILL_FAIL', { log, which: traffic.words.fails }),
          'warning',
        ),
    ...(found.room ? takesRoom(request, found, found.room) : []),
    ...(planHash === undefined
      ? []
      : checked(
          'PLAN_AS_SHOWN',
          { hash },
          unless(planHash === hash, 'PLAN_CHANGED', { log, asked: planHash, now: hash }),
        )),
  ];
}

/** What a strategy costs that takes the room of the next release from the current one, and whether it can be had. */
function takesRoom({ log, rehearse }: RotationRequest, found: FoundLog, room: PlannedRoom): Check[] {
  const { strategy } = room;
  const { criticalSectionMs } = found.timing;
  const said = roomInWords(room, criticalSectionMs);
  const { name: next } = found.installation.next;
  const rehearsed = (): Check[] =>
    checked(
      'MAY_BE_REHEARSED',
      { next },
      unless(isRehearsed(strategy), 'CANNOT_BE_REHEARSED', { log, strategy }),
    );
  const asked = rehearse === true ? rehearsed() : [];
  if (strategy === 'rolling') {
    return [passedCheck('ROOM_TAKEN', { said }), ...asked];
  }
  const length = { foundMs: criticalSectionMs, leastMs: SHORTEST_RECREATE_MS };
  return [
    failedCheck('ROOM_TAKEN', refusal('REQUESTS_WILL_FAIL', { log, strategy }), 'warning'),
    ...checked(
      'SECTION_LONG_ENOUGH',
      length,
      unless(criticalSectionMs >= SHORTEST_RECREATE_MS, 'SECTION_TOO_SHORT', { log, strategy, ...length }),
    ),
    ...asked,
  ];
}

/** Nobody would take the rotation back by itself, or it is said how they are kept from it. */
function ownersHeldOff(log: string, ownership: Ownership): Check[] {
  const owners = namedOwners(ownership).map(({ owner: { name, byItself } }) =>
    byItself?.heldOff === undefined ? name : `${name} (held off: ${byItself.heldOff})`,
  );
  return checked('OWNERS_HELD_OFF', { owners }, ownerRefusals(log, ownership));
}

/** The refusal for a condition that does not hold; nothing when it does. */
function unless<Code extends RefusalCode>(
  holds: boolean,
  code: Code,
  found: Parameters<typeof refusal<Code>>[1],
): Refusal[] {
  return holds ? [] : [refusal(code, found)];
}

/** A rotation, its third trees and a recovery of it take far less. */
const NUMBERS_KEPT_FREE = 1_000;

function numbersTooLarge(log: string, { traffic, largestMark, unusableMarks }: FoundLog): Refusal[] {
  const largest = LARGEST_NUMBER - NUMBERS_KEPT_FREE;
  return [
    ...unusableMarks.map((treeId) => `The mark of tree ${treeId}`),
    ...(traffic.number > largest ? [traffic.by === 'service' ? 'The Lease' : 'The write gate'] : []),
    ...(largestMark > largest ? ['The mark of a tree'] : []),
  ].map((where) => refusal('NUMBER_TOO_LARGE', { log, where, largest }));
}

/** Signers, or their metrics, that no critical section can wait for: known before the first one begins. */
function drainFits(log: string, { current, drainEvidence, timing }: FoundLog): Check[] {
  const { pace, by } = drainEvidence;
  if (!pace) {
    return [];
  }
  const { signers, readingMs, pageBytes, passes, withinMs } = pace;
  const waitsMs = signerWaitsMs(drainEvidence, { signers, readingMs, passMs: passMs(pace) });
  const mostMs = longestSignerWaitsMs(timing.criticalSectionMs);
  const fits = { waitsMs: Math.round(waitsMs), mostMs };
  return checked(
    'DRAIN_FITS',
    fits,
    unless(waitsMs <= mostMs, 'DRAIN_DOES_NOT_FIT', {
      ...{ log, tree: current.treeId, by, passes, withinMs, signers, readingMs, pageBytes, ...fits },
      signerIntervalMs: drainEvidence.timing.signerIntervalMs,
    }),
  );
}
