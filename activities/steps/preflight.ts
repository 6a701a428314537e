import { createHash } from 'node:crypto';
import type { InstallationState } from '../../workflows/model/installation';
import { leftoversOf } from '../../workflows/model/leftovers';
import { markedTrees, treesWithUnusableMark } from '../../workflows/model/mark';
import type { FoundLog, PreflightFacts } from '../../workflows/model/plan';
import type { Refusal } from '../../workflows/model/refusals';
import type { RotationRequest } from '../../workflows/model/rotation';
import type { ActivityBounds } from '../bounds/activity-bounds';
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { foundOrRefused } from '../errors/refusal-error';
import { requireShown } from '../tree-queue/tree-row';
import type { LogSystems } from '../systems';
import { drainEvidence, requireListedLogServer, requireSignersInTime } from './drain-evidence';
import { servedDrift } from './drift';
import { gateAlarms } from './gate-shards';
import { readPublicLog } from './public-log';

/** A first connection to something busy may break; what does not answer for this long, in milliseconds, is not there. */
const PATIENCE_MS = 2_000;

/** Reads all that a plan is made of. What cannot be read is said together, not one at a time. Changes nothing. */
export async function preflight(
  systems: LogSystems,
  request: RotationRequest,
  bounds: ActivityBounds,
): Promise<PreflightFacts> {
  const { gate, trillian, metrics, queue, installation } = systems;
  const refusals: Refusal[] = [];
  const looked = async <Found>(look: () => Promise<Found>): Promise<Found | undefined> => {
    const { found, refusal } = await foundOrRefused(() => retryWhileUnreachable(bounds, look, PATIENCE_MS));
    if (refusal) {
      refusals.push(refusal);
      return undefined;
    }
    return found;
  };
  const [trees, gateState] = await Promise.all([
    looked(() => trillian.listTrees(bounds)),
    looked(() => gate.state(bounds.signal)),
    looked(() => metrics.queueLeafInFlight(bounds.signal)),
  ]);
  const state = gateState && (await looked(() => installation.read(gateState.upstream, bounds.signal)));
  if (!trees || !gateState || !state) {
    return { log: request.log, refusals };
  }
  const { activeTreeId } = state;
  const readingShards = looked(() => readShards(systems, state, bounds));
  const [shards, publicLog, instances, changes, evidence] = await Promise.all([
    readingShards,
    readingShards.then((read) => read && readPublicLog(systems, state, read.inactive, bounds)),
    looked(() => readInstances(systems, state, bounds)),
    looked(() => installation.describe(state, bounds.signal)),
    looked(() => drainEvidence(systems, activeTreeId, bounds)),
    looked(() => requireListedLogServer(systems, activeTreeId, bounds)),
    looked(() => requireSignersInTime(systems, bounds)),
    queue && looked(() => requireShown(systems, queue, activeTreeId, bounds)),
  ]);
  if (!shards || !publicLog || !instances || !changes || !evidence || refusals.length > 0) {
    return { log: request.log, refusals: [...refusals, ...(publicLog?.refusals ?? [])] };
  }
  // A rotation would make a list that lost a shard the standing one (H10).
  const drift = await servedDrift(systems, state, instances, bounds);
  if (drift.length > 0) {
    return { log: request.log, refusals: drift };
  }
  const marked = markedTrees(trees, request.log);
  return {
    log: request.log,
    refusals,
    found: {
      installation: state,
      changes,
      ...shards,
      instances,
      publicLog,
      gate: {
        upstream: gateState.upstream,
        number: gateState.number,
        holding: gateState.mode === 'hold',
        alarms: gateAlarms(request.log, { installation: state, inactive: shards.inactive, gateState }),
      },
      largestMark: Math.max(0, ...marked.map((tree) => tree.identity.number)),
      unusableMarks: treesWithUnusableMark(trees, request.log),
      leftovers: leftoversOf({ installation: state, gate: gateState, current: shards.current, marked }),
      drainEvidence: evidence,
      hash: sha256(JSON.stringify([request.log, state, changes])),
      timing: systems.timing,
    },
  };
}

async function readShards(
  { trillian }: LogSystems,
  state: InstallationState,
  bounds: ActivityBounds,
): Promise<Pick<FoundLog, 'current' | 'currentHead' | 'inactive'>> {
  const current = await trillian.getTree(state.activeTreeId, bounds);
  const inactive = await Promise.all(
    state.inactiveTreeIds.map(async (treeId) => {
      const tree = await trillian.getTree(treeId, bounds);
      const { size } = await trillian.treeHead(treeId, bounds);
      return { treeId, length: size, tree };
    }),
  );
  return { current, currentHead: await trillian.treeHead(current.treeId, bounds), inactive };
}

async function readInstances(
  { rekor }: LogSystems,
  state: InstallationState,
  bounds: ActivityBounds,
): Promise<FoundLog['instances']> {
  return await Promise.all(
    state.currentInstances.map(async (instance) => ({
      name: instance.name,
      log: await rekor.log(instance, bounds.signal),
    })),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
