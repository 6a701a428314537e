import { entries } from '../../workflows/model/counted';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { sameShards, type LoadedShards } from '../../workflows/model/shards';
import { unlessRefused } from '../errors/refusal-error';
import type { TrafficState } from '../traffic/traffic';
import type { BoundSystems } from '../systems';
import type { ServedShards } from './drift';

/** What is known of the list while one of these is found is not what a Rekor should load (H10). */
const listIsWrong: ReadonlySet<string> = new Set(['INACTIVE_TREE_ACTIVE', 'TREE_NOT_LISTED', 'LIST_DRIFTED']);

interface SeenGate extends Pick<ServedShards, 'installation' | 'inactive'> {
  readonly trafficState: TrafficState;
}

/**
 * What speaks against a gate: it does not serve, sends no writes, or knows other shards than are configured. A list that has only grown, as
 * by hand, contradicts nothing.
 */
export function gateAlarms(log: string, seen: SeenGate): Refusal[] {
  const { installation, trafficState } = seen;
  const configured = configuredShards(seen);
  const others = trafficState.shards.flatMap((known) =>
    known && contradicts(known, configured) ? inWords(known) : [],
  );
  return [
    ...trafficState.away.map((gate) => gate.refusal),
    ...trafficState.unproven.map((found) => refusal('GATE_STOPS_WRITES', { log, ...found })),
    ...[...new Set(others)].map((known) =>
      refusal('GATE_KNOWS_OTHER_SHARDS', {
        ...{ log, release: installation.current.name },
        ...{ known, configured: inWords(configured) },
      }),
    ),
  ];
}

/**
 * Tells the gate what a Rekor must have loaded to get writes: for a gate that no order has told, and where the list has
 * grown by hand. What contradicts what the gate knows is an alarm and never told: after a stale deploy the gate is the only
 * one that remembers.
 *
 * @param drift what is wrong with what is served.
 * @returns alarms: a gate does not serve, sends no writes, or knows other shards.
 */
export async function tellGate(
  { log, traffic, bounds }: BoundSystems,
  seen: SeenGate,
  drift: readonly Refusal[],
): Promise<Refusal[]> {
  const { number, instances, shards: known } = seen.trafficState;
  const alarms = gateAlarms(log, seen);
  if (drift.some(({ code }) => listIsWrong.has(code))) {
    return alarms.filter(({ code }) => code !== 'GATE_KNOWS_OTHER_SHARDS');
  }
  const configured = configuredShards(seen);
  const isTold = known.every((shards) => shards && sameShards(shards, configured));
  if (isTold || known.some((shards) => shards && contradicts(shards, configured))) {
    return alarms;
  }
  const telling = traffic.tellShards({ number, instances, shards: configured }, bounds.signal);
  // If an order has come since, it knows better.
  await unlessRefused('GATE_ORDER_REFUSED', telling, undefined);
  return alarms;
}

function configuredShards({ installation, inactive }: SeenGate): LoadedShards {
  return {
    activeTreeId: installation.activeTreeId,
    inactive: inactive.map(({ treeId, length }) => ({ treeId, length })),
  };
}

function contradicts(known: LoadedShards, configured: LoadedShards): boolean {
  return !sameShards(known, configured) && !hasGrown(known, configured);
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
