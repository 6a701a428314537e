import { entries } from '../../workflows/model/counted';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { sameShards, type LoadedShards } from '../../workflows/model/shards';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import type { ServedShards } from './drift';
import type { SeenLeftovers } from './leftovers';

/** What is known of the list while one of these is found is not what a Rekor should load (H10). */
const listIsWrong: ReadonlySet<string> = new Set(['INACTIVE_TREE_ACTIVE', 'TREE_NOT_LISTED', 'LIST_DRIFTED']);

/**
 * Tells the gate what a Rekor must have loaded to get writes: for a gate that no order has told, and where the list has
 * grown by hand. What contradicts what the gate knows is an alarm and never told: after a stale deploy the gate is the only
 * one that remembers.
 *
 * @param drift what is wrong with what is served.
 * @returns alarms: the gate sends no writes, or knows other shards.
 */
export async function tellGate(
  systems: LogSystems,
  seen: ServedShards & Pick<SeenLeftovers, 'gateState'>,
  drift: readonly Refusal[],
  attempt: Attempt,
): Promise<Refusal[]> {
  const { log, gate } = systems;
  const { installation, inactive, gateState } = seen;
  const { number, upstream, shards: known, unproven } = gateState;
  const stopped =
    unproven === null ? [] : [refusal('GATE_STOPS_WRITES', { log, upstream, reason: unproven })];
  const configured = { activeTreeId: installation.activeTreeId, inactive };
  if (drift.some(({ code }) => listIsWrong.has(code)) || (known && sameShards(known, configured))) {
    return stopped;
  }
  if (known && !hasGrown(known, configured)) {
    const others = {
      log,
      slot: installation.current,
      known: inWords(known),
      configured: inWords(configured),
    };
    return [...stopped, refusal('GATE_KNOWS_OTHER_SHARDS', others)];
  }
  try {
    await gate.tellShards({ number, upstream, shards: configured }, attempt.signal);
  } catch (error) {
    // An order has come since: it knows better.
    if (!(error instanceof RefusalError && error.refusal.code === 'GATE_ORDER_REFUSED')) {
      throw error;
    }
  }
  return stopped;
}

/** Whether shards were only added at the end, as a rotation by hand does. */
function hasGrown(known: LoadedShards, now: LoadedShards): boolean {
  const trees = [...now.inactive.map(({ treeId }) => treeId), now.activeTreeId];
  return (
    trees[known.inactive.length] === known.activeTreeId &&
    known.inactive.every(
      ({ treeId, length }, position) =>
        trees[position] === treeId && now.inactive[position]?.length === length,
    )
  );
}

function inWords({ activeTreeId, inactive }: LoadedShards): string {
  const list = inactive.map(({ treeId, length }) => `${treeId} with ${entries(length)}`);
  return `[${list.join(', ')}] before ${activeTreeId}`;
}
