import { createHash } from 'node:crypto';
import {
  checked,
  failedCheck,
  passedCheck,
  type Check,
  type CheckCode,
  type FoundBy,
} from '../../workflows/model/checks';
import { longestSignerWaitsMs } from '../../workflows/model/drain';
import {
  addressesInWords,
  countedChanges,
  type InstallationState,
  type PlannedChanges,
} from '../../workflows/model/installation';
import { leftoversOf } from '../../workflows/model/leftovers';
import { markedTrees, treesWithUnusableMark } from '../../workflows/model/mark';
import type { FoundLog, PreflightFacts } from '../../workflows/model/plan';
import type { PlanFile } from '../../workflows/model/plan-file';
import { editsIn } from '../../workflows/model/plan-file-edits';
import { plannedSettings, withSettings } from '../../workflows/model/plan-settings';
import type { RotationRequest } from '../../workflows/model/request';
import { firstIndexAfter } from '../../workflows/model/shards';
import type { TrafficWords } from '../../workflows/model/traffic';
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { foundOrRefused } from '../errors/refusal-error';
import { readInstallation } from '../installation/installation';
import { requireShown } from '../tree-queue/tree-row';
import { sealedPlan } from '../plan-file';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { drainEvidence, requireListedLogServer, requireSignersInTime } from './drain-evidence';
import { servedDrift } from './drift';
import { gateAlarms } from './gate-shards';
import { requireInserted } from './insert-gate';
import { checkPublicLog } from './public-log';
import { checkSigner } from './signer-checks';

/** A first connection to something busy may break; what does not answer for this long, in milliseconds, is not there. */
const PATIENCE_MS = 2_000;

/** So many leaves say how many entries a second clients write. */
const LATEST_LEAVES = 100;

/** Reads all that a plan is made of, and says of each look what came out. Changes nothing. */
export const preflight: Act<RotationRequest, PreflightFacts> = async (configured, request) => {
  const { planFile } = request;
  const systems = planFile ? asEdited(configured, planFile) : configured;
  const { traffic, insertion, trillian, metrics, queue, installation, addresses, timing, bounds } = systems;
  const { log } = request;
  const checks: Check[] = [];
  /** What was read; undefined where that was refused, which fails the check. */
  const look = async <Code extends CheckCode, Found>(
    code: Code,
    read: () => Promise<Found>,
    tells: FoundBy<Code> | ((found: Found) => FoundBy<Code>),
  ): Promise<Found | undefined> => {
    const { found, refusal } = await foundOrRefused(() => retryWhileUnreachable(bounds, read, PATIENCE_MS));
    const told = (read: Found) => (tells instanceof Function ? tells(read) : tells);
    checks.push(refusal ? failedCheck(code, refusal) : passedCheck(code, told(found)));
    return found ?? undefined;
  };
  const [trees, trafficState] = await Promise.all([
    look(
      'TRILLIAN_ANSWERS',
      () => trillian.listTrees(bounds),
      ({ length }) => ({ address: addresses.trillian, trees: length }),
    ),
    look(
      'TRAFFIC_ANSWERS',
      () => traffic.state(bounds.signal),
      ({ instances }) => ({ instances }),
    ),
    look(
      'LOG_SERVERS_MEASURED',
      () => metrics.queueLeafInFlight(bounds.signal),
      (inFlight) => ({ inFlight }),
    ),
    // A rehearsal sends no client anywhere.
    insertion &&
      request.rehearse !== true &&
      look('GATE_INSERTED', () => requireInserted(log, insertion, bounds.signal), {
        service: insertion.name,
      }),
  ]);
  const state =
    trafficState &&
    (await look(
      'CONFIGURATION_READ',
      () => readInstallation(installation, trafficState.instances, bounds.signal),
      ({ current, activeTreeId, inactiveTreeIds }) => ({
        current: current.name,
        tree: activeTreeId,
        inactive: inactiveTreeIds.length,
      }),
    ));
  if (!trees || !trafficState || !state) {
    return { log, checks };
  }
  const { activeTreeId, current: serving } = state;
  const readingShards = look(
    'TREES_READ',
    () => readShards(systems, state),
    ({ inactive, currentHead }) => ({
      trees: inactive.length + 1,
      size: firstIndexAfter(inactive) + currentHead.size,
    }),
  );
  const [shards, publicLog, instances, planned, evidence] = await Promise.all([
    readingShards,
    readingShards.then((read) => (read ? checkPublicLog(systems, state, read.inactive) : undefined)),
    look(
      'INSTANCES_ANSWER',
      () => readInstances(systems, state),
      (read) => ({ instances: read.map(({ name }) => name) }),
    ),
    look(
      'CHANGES_KNOWN',
      () => installation.plan(state, [activeTreeId], bounds.signal),
      ({ changes }) => ({ counts: countedChanges(changes) }),
    ),
    look(
      'DRAIN_PROVABLE',
      () => drainEvidence(systems, activeTreeId),
      (found) => found,
    ),
    look('LOG_SERVER_LISTED', () => requireListedLogServer(systems, activeTreeId), {
      address: addresses.trillian,
    }),
    look('SIGNERS_IN_TIME', () => requireSignersInTime(systems), {
      mostMs: longestSignerWaitsMs(timing.criticalSectionMs),
    }),
    queue &&
      look('DATABASE_SHOWS_TREE', () => requireShown(systems, queue, activeTreeId, bounds), {
        tree: activeTreeId,
      }),
  ]);
  const signer = await checkSigner(systems, planned?.signer, publicLog?.served ?? null);
  checks.push(...(publicLog?.checks ?? []), ...signer.checks);
  if (!shards || !instances || !planned || !evidence) {
    return { log, checks };
  }
  // A rotation would make a list that lost a shard the standing one (H10).
  const { found: drift, refusal } = await foundOrRefused(() =>
    retryWhileUnreachable(
      bounds,
      () => servedDrift(systems, { installation: state, instances }),
      PATIENCE_MS,
    ),
  );
  checks.push(...checked('LISTS_AGREE', { current: serving.name }, drift ?? [refusal]));
  const marked = markedTrees(trees, log);
  const hash = hashOf(log, state, planned);
  return {
    log,
    checks,
    found: {
      installation: state,
      ...planned,
      ...shards,
      instances,
      traffic: {
        instances: trafficState.instances,
        by: trafficState.by,
        number: trafficState.number,
        holding: trafficState.mode === 'hold',
        alarms: gateAlarms(log, { installation: state, inactive: shards.inactive, trafficState }),
        words: await trafficWords(systems, state, shards.currentHead.size),
      },
      largestMark: Math.max(0, ...marked.map((tree) => tree.identity.number)),
      unusableMarks: treesWithUnusableMark(trees, log),
      leftovers: leftoversOf({ installation: state, traffic: trafficState, current: shards.current, marked }),
      drainEvidence: evidence,
      hash,
      timing: configured.timing,
      approvals: configured.approvals,
      ...(signer.newKey && { newKey: signer.newKey }),
      ...(planFile && { planFile: sealedPlan(configured, planFile, hash) }),
    },
  };
};

/** Looks are made for the times that are to be kept, which a person may have edited; the plan says what is configured. */
function asEdited(systems: BoundSystems, planFile: PlanFile): BoundSystems {
  const { log, approvals } = systems;
  const { settings } = editsIn(planFile, log, plannedSettings(log, systems), approvals);
  return withSettings(systems, settings);
}

const readShards: Act<InstallationState, Pick<FoundLog, 'current' | 'currentHead' | 'inactive'>> = async (
  { trillian, bounds },
  state,
) => {
  const current = await trillian.getTree(state.activeTreeId, bounds);
  const inactive = await Promise.all(
    state.inactiveTreeIds.map(async (treeId) => {
      const tree = await trillian.getTree(treeId, bounds);
      const { size } = await trillian.treeHead(treeId, bounds);
      return { treeId, length: size, tree };
    }),
  );
  return { current, currentHead: await trillian.treeHead(current.treeId, bounds), inactive };
};

async function trafficWords(
  { traffic, trillian, timing: { criticalSectionMs }, bounds }: BoundSystems,
  { next, nextInstances, activeTreeId }: InstallationState,
  size: number,
): Promise<TrafficWords> {
  return await traffic.words({
    next: `${next.name} at ${addressesInWords(nextInstances)}`,
    criticalSectionMs,
    writesPerSecond: async () => {
      const latest = Math.min(size, LATEST_LEAVES);
      const leaves = await trillian.leavesByRange(activeTreeId, size - latest, latest, bounds);
      const [first, ...later] = leaves.map(({ integratedAtMs }) => integratedAtMs);
      return first === undefined || later.length === 0 ? null : (later.length * 1000) / (Date.now() - first);
    },
  });
}

const readInstances: Act<InstallationState, FoundLog['instances']> = async ({ rekor, bounds }, state) => {
  return await Promise.all(
    state.currentInstances.map(async (instance) => ({
      name: instance.name,
      log: await rekor.log(instance, bounds.signal),
    })),
  );
};

/** Over what a rotation changes and what it starts from; which instances run it may change at any time. */
function hashOf(log: string, state: InstallationState, planned: PlannedChanges): string {
  const { current, next, activeTreeId, inactiveTreeIds, nextIsRunning, unfinishedOn } = state;
  const found = { current, next, activeTreeId, inactiveTreeIds, nextIsRunning, unfinishedOn };
  return createHash('sha256')
    .update(JSON.stringify([log, found, planned]))
    .digest('hex');
}
