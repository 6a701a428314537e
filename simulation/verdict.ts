import { RECOVER_LOG, ROTATE_LOG, ROTATE_UNDER_LOCK } from '../workflows/messages';
import type { TreeId } from '../workflows/model/log';
import { isOfInput, refusalCodes } from '../workflows/model/refusals';
import { dangers } from './dangers';
import { isLook } from './guard-schedule';
import type { Injection } from './injection';
import type { WorkflowResult } from './results';
import type { FaultName } from './faults';
import type { Scenario } from './scenario';
import type { Execution } from './temporal/execution';
import type { Watch } from './watch';
import { short } from './world/host';
import type { Contents, ReleaseId } from './world/installation';
import type { RekorProcess } from './world/rekor';
import type { World } from './world/world';

/** Everything that a rollback must leave as it was, and what a rotation must not leave behind. */
export interface Snapshot {
  readonly trees: Readonly<Record<TreeId, string>>;
  readonly contents: Contents;
  readonly runs: Readonly<Record<ReleaseId, boolean>>;
  readonly startsByItself: Readonly<Record<ReleaseId, boolean>>;
  readonly instance: string | undefined;
  /** The tree that is served there; undefined while nobody answers. */
  readonly servedTree: TreeId | undefined;
  /** What an interrupted rotation leaves, in words. */
  readonly leftovers: readonly string[];
}

/** What there is now, by the world's own word. */
export function snapshotOf(world: World): Snapshot {
  const { installation, front } = world;
  const [instance] = front.instances;
  const serving = installation.releaseAt(instance);
  const configured = serving === undefined ? undefined : installation.configured(serving);
  const named = new Set(configured ? [configured.activeTreeId, ...configured.inactiveTreeIds] : []);
  const leftovers = [
    ...world
      .trees()
      .filter(({ treeId, row }) => !named.has(treeId) && row.state !== 'FROZEN')
      .map(({ treeId, row }) => `tree ${short(treeId)} is ${row.state}`),
    ...installation.leftovers(),
    ...(front.mode === 'pass' ? [] : [`the front is ${front.mode ?? 'down'}`]),
  ];
  const of = <Value>(value: (release: ReleaseId) => Value): Record<ReleaseId, Value> =>
    Object.fromEntries(installation.releases.map((release) => [release, value(release)]));
  return {
    trees: Object.fromEntries(world.trees().map(({ treeId, row }) => [treeId, row.state])),
    contents: installation.contents(),
    runs: of((release) => installation.runs(release)),
    startsByItself: of((release) => installation.startsByItself(release)),
    instance,
    servedTree:
      serving === undefined ? undefined : installation.processesOf(serving)[0]?.configuration.activeTreeId,
    leftovers,
  };
}

export interface Ended {
  readonly world: World;
  readonly watch: Watch;
  readonly injection: Injection;
  readonly scenario: Scenario;
  readonly before: Snapshot;
  readonly results: readonly WorkflowResult[];
  /** What clients saw fail. */
  readonly failed: readonly string[];
  /** Something happened after the end: only an alarm is asked for what is wrong now. */
  readonly late?: { readonly since: number; readonly alarmed: () => boolean };
  readonly alarmWithinMs?: number;
}

/** Holds what there is against the rules of docs/safety.md but the last two, which the operators and the schedules know. */
export async function judgeEnd(ended: Ended): Promise<void> {
  await untilMended(ended.world);
  if (ended.late) {
    await judgeLate(ended, ended.late);
    return;
  }
  const { world, watch, injection, scenario, before, results, failed } = ended;
  judgeOutcomes(ended);
  judgeReasons(ended);
  const after = snapshotOf(world);
  const heldBy = results.some(
    ({ result }) =>
      result?.outcome === 'held' ||
      result?.interventions.some(({ choice }) => choice === 'skip' || choice === 'giveUp'),
  );
  const byOthers = injection.others.changes.length > 0;
  await judgeEntries(ended, heldBy || byOthers);
  for (const { what, overwritten } of injection.others.changes) {
    const now = overwritten();
    if (now !== undefined) {
      watch.broken(6, `someone's change was overwritten (${what}): ${now}`);
    }
  }
  if (heldBy || byOthers) {
    return;
  }
  const [left] = after.leftovers;
  if (left !== undefined) {
    watch.broken(5, `left behind: ${after.leftovers.join('; ')}`);
    return;
  }
  if (mustBeAsBefore(results, before, after)) {
    for (const difference of differences(before, after)) {
      watch.broken(4, `not as before: ${difference}`);
    }
  }
  for (const wrong of wrongNow(world)) {
    watch.broken(8, wrong);
  }
  // A quota that is used up refuses clients whatever a rotation does.
  world.trillian.exhaustQuota(0);
  if (!(await writable(world))) {
    watch.broken(5, 'the log is not writable');
  }
  if (scenario.quiet) {
    const unplanned = failed.filter((what) => !mayFail(ended, what));
    const [first] = unplanned;
    if (first !== undefined) {
      watch.broken(7, `nothing went wrong, but ${unplanned.length} requests failed, first: ${first}`);
    }
    // What a schedule must come to is for the schedules' own watch to say.
    const right = scenario.rehearses ? 'rehearsed' : 'completed';
    if (!scenario.schedules && results[0]?.result?.outcome !== right) {
      watch.broken(
        5,
        `nothing went wrong, but it ended ${results[0]?.result?.outcome ?? 'without a word'}: ${results[0]?.result?.reason ?? ''}`,
      );
    }
  }
}

/** Where pods end before others serve, its plan says that reads fail meanwhile; without a gate, that writes do as well. */
function mayFail(ended: Ended, failed: string): boolean {
  const { world, scenario } = ended;
  if (scenario.strategy !== 'blue-green' && failed.includes(' a read: ')) return true;
  return world.front.mayFail && isPlanned(ended, failed);
}

/** Without a gate requests may fail while a rotation is under way, and never before or after. */
function isPlanned({ world }: Ended, failed: string): boolean {
  const at = Number.parseInt(failed, 10) + world.time.now - world.time.elapsed;
  return world.temporal.runs.some(
    ({ options, startedAt, closedAt }) =>
      options.type === ROTATE_UNDER_LOCK && startedAt <= at && at <= (closedAt ?? Infinity),
  );
}

/** A Rekor that misread a length shortly before the end is restarted by then. */
async function untilMended({ installation, time }: World): Promise<void> {
  const misreads = (): boolean =>
    installation.releases.some((release) => installation.processesOf(release).some(({ misread }) => misread));
  const waits = misreads();
  while (misreads()) {
    await time.pass(100);
  }
  await time.pass(waits ? 2_000 : 0);
}

function wasForced({ happenings: { interfered } }: Injection): boolean {
  return interfered.has('terminate') || interfered.has('reset');
}

/** What was asked for could not be meant, and the failure says why. */
function failedForInput({ status, options, failure }: Execution): boolean {
  const isAsked = options.type === ROTATE_LOG || options.type === RECOVER_LOG;
  const code = refusalCodes.find((known) => known === failure?.applicationFailureInfo?.type);
  return status === 'FAILED' && isAsked && code !== undefined && isOfInput({ code });
}

/** Rule 5: it ends with a word, unless someone ended it by force. */
function judgeOutcomes({ world, watch, injection, results }: Ended): void {
  for (const execution of injection.others.changes.length > 0 ? [] : world.temporal.open()) {
    if (!isLook(execution)) {
      watch.broken(5, `${execution.workflowId} is still open`);
    }
  }
  const byForce = wasForced(injection);
  for (const { execution, result } of results) {
    const { status } = execution;
    if (status === 'RUNNING' || result || (status === 'TERMINATED' && byForce)) {
      continue;
    }
    // A rotation whose child was terminated has nothing to say but that.
    const childGone = status === 'FAILED' && byForce;
    if (!childGone && !failedForInput(execution)) {
      watch.broken(
        5,
        `${execution.workflowId} (${execution.options.type}) ended ${status} without an outcome: ${execution.failure?.message ?? ''} ${execution.failure?.cause?.message ?? ''}`,
      );
    }
  }
}

/** Faults after which a rotation may meet what it has done itself and not know it. */
const confusing: ReadonlySet<FaultName> = new Set([
  'comes late',
  'times out',
  'lands after the end',
  'answer lost',
  'worker killed',
  'worker stopped',
  'worker cut off',
  'terminate',
  'reset',
  'Temporal lost',
  'Temporal down',
  'host reboots',
  'next Rekor dies',
  'current Rekor dies',
  'current Rekor misreads',
]);

/** Rule 5: it says why, and does not put down to others what nobody did. */
function judgeReasons({ watch, injection, scenario, results }: Ended): void {
  // What a person left out of one attempt's undo is not as the next one planned with; the reason names both.
  const leftOut = results.some(({ result }) => result?.interventions.some(({ choice }) => choice === 'skip'));
  const confused = leftOut || scenario.faults.some(({ name }) => confusing.has(name)) || wasForced(injection);
  if (injection.others.changes.length > 0 || confused) {
    return;
  }
  for (const { result } of results) {
    const [reason] = result?.refusals ?? [];
    if (reason && (reason.code === 'CHANGED_BY_SOMEONE' || reason.code === 'NOT_OURS')) {
      watch.broken(5, `nobody changed anything, but it ended ${result?.outcome ?? ''}: ${reason.message}`);
    }
  }
}

/** Rule 1, entry by entry. */
async function judgeEntries({ world, watch }: Ended, onlyKept: boolean): Promise<void> {
  const { traffic, front, trillian } = world;
  const indexes = new Map<number, string>();
  for (const { body, treeId, uuid, logIndex, direct } of traffic.acknowledged) {
    const other = indexes.get(logIndex);
    if (other !== undefined && other !== uuid && !watch.openedByOthers) {
      watch.broken(2, `index ${logIndex} was acknowledged twice`);
    }
    indexes.set(logIndex, uuid);
    const name = `${body}${direct ? ` (straight to ${direct})` : ''}, index ${logIndex} of tree ${short(treeId)}`;
    if (!trillian.trees.get(treeId)?.byUuid.has(uuid)) {
      watch.broken(1, `${name} is in no tree`);
      continue;
    }
    if (onlyKept || watch.openedByOthers) {
      continue;
    }
    try {
      const process = await front.read();
      const byIndex = process.entryAt(logIndex);
      const byUuid = process.entryByUuid(uuid);
      if (byIndex?.uuid !== uuid || byUuid?.logIndex !== logIndex) {
        watch.broken(
          1,
          `${name} is not found: its index gives ${byIndex ? `another entry (tree ${short(byIndex.treeId)})` : 'nothing'}, its UUID ${byUuid ? `index ${byUuid.logIndex}` : 'nothing'}`,
        );
        return;
      }
    } catch (error) {
      watch.broken(1, `nobody answers reads: ${String(error)}`);
      return;
    }
  }
}

/** Whether everything was taken back; a rotation of which Temporal knows nothing any more says so by where clients are sent. */
function mustBeAsBefore(results: Ended['results'], before: Snapshot, after: Snapshot): boolean {
  const outcomes = results.flatMap(({ result }) => result?.outcome ?? []);
  if (outcomes.includes('completed') || outcomes.includes('superseded')) {
    return false;
  }
  // What a next release was settled into is reached where the former one was.
  const servesAsBefore = after.instance === before.instance && after.servedTree === before.servedTree;
  return outcomes.includes('rolledBack') || outcomes.includes('rehearsed') || servesAsBefore;
}

/** Rule 4: what a rollback left different. Trees that rotations made may stay, FROZEN. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const found: string[] = [];
  for (const [treeId, state] of Object.entries(after.trees)) {
    const expected = before.trees[treeId] ?? 'FROZEN';
    if (state !== expected) {
      found.push(`tree ${short(treeId)} is ${state}, not ${expected}`);
    }
  }
  for (const [name, content] of Object.entries(before.contents)) {
    if (after.contents[name] !== content) {
      found.push(`${name} differs`);
    }
  }
  for (const [release, ran] of Object.entries(before.runs)) {
    if (after.runs[release] !== ran) {
      found.push(`${release} ${ran ? 'does not run' : 'runs'}`);
    }
    const started = before.startsByItself[release] === true;
    if (after.startsByItself[release] !== started) {
      found.push(`${release} ${started ? 'does not start' : 'starts'} by itself`);
    }
  }
  if (after.instance !== before.instance) {
    found.push(`clients are sent to ${after.instance ?? 'nobody'}`);
  }
  return found;
}

/** What is wrong with what serves, or would be after a restart. */
function wrongNow(world: World): string[] {
  const { installation, front } = world;
  const serving = installation.releaseAt(front.instances[0]);
  const processes = serving === undefined ? [] : installation.processesOf(serving);
  const [first] = processes;
  if (serving === undefined || first === undefined) {
    return ['nobody serves'];
  }
  const wrong = processes.flatMap((process) => wrongIn(world, process));
  const { activeTreeId, inactiveTreeIds } = first.configuration;
  for (const release of installation.releases) {
    const configured = installation.configured(release);
    const same =
      configured?.activeTreeId === activeTreeId &&
      configured.inactiveTreeIds.join() === inactiveTreeIds.join();
    if ((release === serving || installation.startsByItself(release)) && !same) {
      wrong.push(`a start of ${release} would serve other shards than now`);
    }
  }
  if (!installation.startsByItself(serving)) {
    wrong.push(`${serving} serves and does not start by itself`);
  }
  return wrong;
}

/** What is wrong with a process that serves. */
function wrongIn(world: World, process: RekorProcess): string[] {
  const { trillian } = world;
  const wrong: string[] = [];
  const { activeTreeId, inactiveTreeIds } = process.configuration;
  const open = world.trees().filter(({ row }) => row.state === 'ACTIVE');
  if (open.length !== 1 || open[0]?.treeId !== activeTreeId) {
    wrong.push(
      `the serving tree is ${short(activeTreeId)}, and ACTIVE is ${open.map(({ treeId }) => short(treeId)).join(', ') || 'none'}`,
    );
  }
  inactiveTreeIds.forEach((treeId, position) => {
    const live = trillian.head(treeId).size;
    const { row, queue } = trillian.trees.get(treeId) ?? {};
    const state = row?.state;
    // Whoever sent such a leaf again was told that the log has it: Trillian knows a duplicate before it is integrated.
    if (queue && queue.length > 0) {
      wrong.push(`the inactive tree ${short(treeId)} was ended with ${queue.length} leaves in its queue`);
    }
    if (state !== 'FROZEN') {
      wrong.push(`the inactive tree ${short(treeId)} is ${state ?? 'gone'}, not FROZEN`);
    }
    if (process.lengths[position] !== live) {
      wrong.push(
        `Rekor ${process.name} has loaded ${process.lengths[position] ?? '?'} entries of tree ${short(treeId)}, which has ${live}`,
      );
    }
  });
  return wrong;
}

/** Rule 8: what happens after the end does no harm, or raises an alarm within five minutes. */
async function judgeLate(ended: Ended, late: NonNullable<Ended['late']>): Promise<void> {
  const { world, watch, alarmWithinMs = 0 } = ended;
  const { time } = world;
  const until = late.since + alarmWithinMs;
  while (dangers(world).length > 0 && !late.alarmed() && time.now < until) {
    await time.pass(1_000);
  }
  const [danger] = dangers(world);
  if (danger !== undefined && !late.alarmed()) {
    watch.broken(8, `no alarm within five minutes: ${danger}`);
  }
  for (const { body, treeId, uuid } of world.traffic.acknowledged) {
    if (!world.trillian.trees.get(treeId)?.byUuid.has(uuid)) {
      watch.broken(1, `${body} is in no tree`);
    }
  }
}

async function writable(world: World): Promise<boolean> {
  return (await world.traffic.write()) || (await world.traffic.write());
}
