import { createHash } from 'node:crypto';
import type { InstallationState } from '../../workflows/model/installation';
import { leftoversOf } from '../../workflows/model/leftovers';
import { markedTrees, treesWithUnusableMark } from '../../workflows/model/mark';
import type { FoundLog, PreflightFacts } from '../../workflows/model/plan';
import type { Refusal } from '../../workflows/model/refusals';
import type { RotationRequest } from '../../workflows/model/rotation';
import { type Attempt, persistently } from '../attempt';
import { foundOrRefused } from '../refusal-error';
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
  attempt: Attempt,
): Promise<PreflightFacts> {
  const { gate, trillian, metrics, queue, installation } = systems;
  const refusals: Refusal[] = [];
  const looked = async <Found>(look: () => Promise<Found>): Promise<Found | undefined> => {
    const { found, refusal } = await foundOrRefused(() => persistently(attempt, look, PATIENCE_MS));
    if (refusal) {
      refusals.push(refusal);
      return undefined;
    }
    return found;
  };
  const [trees, gateState] = await Promise.all([
    looked(() => trillian.listTrees(attempt)),
    looked(() => gate.state(attempt.signal)),
    looked(() => metrics.queueLeafInFlight(attempt.signal)),
  ]);
  const state = gateState && (await looked(() => installation.read(gateState.upstream, attempt.signal)));
  if (!trees || !gateState || !state) {
    return { log: request.log, refusals };
  }
  const { activeTreeId } = state;
  const readingShards = looked(() => readShards(systems, state, attempt));
  const [shards, publicLog, instances, changes, evidence] = await Promise.all([
    readingShards,
    readingShards.then((read) => read && readPublicLog(systems, state, read.inactive, attempt)),
    looked(() => readInstances(systems, state, attempt)),
    looked(() => installation.describe(state, attempt.signal)),
    looked(() => drainEvidence(systems, activeTreeId, attempt)),
    looked(() => requireListedLogServer(systems, activeTreeId, attempt)),
    looked(() => requireSignersInTime(systems, attempt)),
    queue && looked(() => requireShown(systems, queue, activeTreeId, attempt)),
  ]);
  if (!shards || !publicLog || !instances || !changes || !evidence || refusals.length > 0) {
    return { log: request.log, refusals: [...refusals, ...(publicLog?.refusals ?? [])] };
  }
  // A rotation would make a list that lost a shard the standing one (H10).
  const drift = await servedDrift(systems, state, instances, attempt);
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
  attempt: Attempt,
): Promise<Pick<FoundLog, 'current' | 'currentHead' | 'inactive'>> {
  const current = await trillian.getTree(state.activeTreeId, attempt);
  const inactive = await Promise.all(
    state.inactiveTreeIds.map(async (treeId) => {
      const tree = await trillian.getTree(treeId, attempt);
      const { size } = await trillian.treeHead(treeId, attempt);
      return { treeId, length: size, tree };
    }),
  );
  return { current, currentHead: await trillian.treeHead(current.treeId, attempt), inactive };
}

async function readInstances(
  { rekor }: LogSystems,
  state: InstallationState,
  attempt: Attempt,
): Promise<FoundLog['instances']> {
  return await Promise.all(
    state.currentInstances.map(async (instance) => ({
      name: instance.name,
      log: await rekor.log(instance, attempt.signal),
    })),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
