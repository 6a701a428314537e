import { entries } from '../../workflows/model/counted';
import type { Serving } from '../../workflows/model/guarding';
import { namedTrees, type LeftoverFacts } from '../../workflows/model/leftovers';
import type { Instance, InstanceLog, Shard, TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import type { FoundLog } from '../../workflows/model/plan';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { differencesFrom } from '../../workflows/model/shards';
import { isUnreachable } from '../bounds/retry-while-unreachable';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { contentOf, handedOver } from './next-tree-content';

/** What the serving release is configured with, and the trees that rotations made. */
export type ServedShards = LeftoverFacts & {
  /** In served order, with the lengths that Trillian has. */
  readonly inactive: readonly Shard[];
};

/** What was found wrong with what is served, and which of the processes that serve were proven right. */
export interface Drift {
  readonly drift: readonly Refusal[];
  readonly instances: NonNullable<Serving['instances']>;
}

/** What would let an index be signed twice, or stops writes, though no rotation runs (H8, H10). */
export const driftOf: Act<ServedShards, Drift> = async (systems, seen) => {
  const { log, trillian, bounds } = systems;
  const { current, installation, inactive, marked } = seen;
  const found: Refusal[] = [];
  if (current.state !== 'ACTIVE') {
    found.push(refusal('SERVING_TREE_CLOSED', { log, tree: current.treeId, state: current.state }));
  }
  const ofLog = new Set([...inactive.map(({ treeId }) => treeId), ...marked.map(({ treeId }) => treeId)]);
  for (const { treeId, state } of await trillian.listTrees(bounds)) {
    if (state === 'ACTIVE' && treeId !== current.treeId && ofLog.has(treeId)) {
      found.push(refusal('INACTIVE_TREE_ACTIVE', { log, tree: treeId }));
    }
  }
  for (const tree of await unnamedWithEntries(systems, seen)) {
    found.push(refusal('TREE_NOT_LISTED', { log, tree }));
  }
  const running: FoundLog['instances'][number][] = [];
  const instances: Drift['instances'][number][] = [];
  for (const instance of installation.currentInstances) {
    const loaded = await systems.rekor.log(instance, bounds.signal);
    running.push({ name: instance.name, log: loaded });
    const differences = differencesFrom(loaded, installation.activeTreeId, inactive);
    instances.push({ name: instance.name, proven: differences.length === 0 });
    if (differences.length > 0) {
      found.push(refusal('INSTANCE_DIFFERS', { log, instance: instance.name, differences }));
    }
  }
  // One that does not serve the public may be written to past the gate.
  for (const instance of installation.nextIsRunning ? installation.nextInstances : []) {
    const loaded = await loadedBy(systems, instance);
    if (loaded) {
      running.push({ name: instance.name, log: loaded });
    }
  }
  found.push(...(await servedDrift(systems, { installation, instances: running })));
  return { drift: found, instances };
};

/** The trees of rotations that the serving release does not name, and that hold an entry of a client. */
export const unnamedWithEntries: Act<Pick<LeftoverFacts, 'installation' | 'marked'>, TreeId[]> = async (
  systems,
  { installation, marked },
) => {
  const named = namedTrees(installation);
  const found: TreeId[] = [];
  for (const { treeId } of marked.filter((tree) => !named.has(tree.treeId))) {
    if ((await contentOf(systems, treeId)) === 'public entries') {
      found.push(treeId);
    }
  }
  return found;
};

/** Whether the configuration of the serving release, and what these instances have loaded, agree with the shards (H10). */
export const servedDrift: Act<Pick<FoundLog, 'installation' | 'instances'>, Refusal[]> = async (
  systems,
  { installation, instances },
) => {
  const { current, activeTreeId, inactiveTreeIds } = installation;
  return await listDrift(systems, [
    { where: `The configuration of ${current.name}`, shards: [...inactiveTreeIds, activeTreeId] },
    ...instances.map(({ name, log }) => ({ where: `Rekor ${name}`, shards: shardsOf(log) })),
  ]);
};

function shardsOf({ inactive, activeTreeId }: InstanceLog): TreeId[] {
  return [...inactive.map(({ treeId }) => treeId), activeTreeId];
}

/** What an instance has loaded; null for one that does not answer, which has loaded nothing that anyone is told. */
const loadedBy: Act<Instance, InstanceLog | null> = async ({ rekor, bounds }, instance) => {
  try {
    return await rekor.log(instance, bounds.signal);
  } catch (error) {
    if (isUnreachable(error)) {
      return null;
    }
    throw error;
  }
};

/**
 * A shard's handover leaf tells which tree came before it: the one thing about the list that a stale deploy cannot take
 * back (H10). Trees that no rotation made say nothing.
 */
const listDrift: Act<readonly ServedList[], Refusal[]> = async (systems, lists) => {
  const { log, trillian, bounds } = systems;
  const found: Refusal[] = [];
  const marked = new Set(markedTrees(await trillian.listTrees(bounds), log).map(({ treeId }) => treeId));
  const places = lists.flatMap(({ where, shards }) =>
    shards.map((treeId, position) => ({ where, treeId, before: shards[position - 1] })),
  );
  for (const { where, treeId, before } of places) {
    const handover = marked.has(treeId) ? await handedOver(systems, treeId) : null;
    if (!handover) {
      continue;
    }
    const { treeId: expected, size } = handover.end;
    const length = before === expected ? (await trillian.treeHead(before, bounds)).size : undefined;
    if (length !== size) {
      const others = length === undefined ? 'other entries' : entries(length);
      found.push(
        refusal('LIST_DRIFTED', {
          ...{ log, where, tree: treeId },
          expected: `tree ${expected} with ${entries(size)}`,
          found: before === undefined ? 'nothing' : `tree ${before} with ${others}`,
        }),
      );
    }
  }
  return found;
};

/** A list of shards that somebody goes by, and who. */
interface ServedList {
  readonly where: string;
  readonly shards: readonly TreeId[];
}

/**
 * Why an interrupted rotation must not be ended by what the serving release says: a process has loaded other shards than
 * it is configured with, or the shards themselves tell of another list.
 *
 * @param next trees that follow the serving one: those that hold entries of clients and are named by nothing.
 */
export async function driftOfServed(
  systems: BoundSystems,
  { installation }: LeftoverFacts,
  next: readonly TreeId[],
): Promise<Refusal[]> {
  const { log } = systems;
  const { activeTreeId, inactiveTreeIds, currentInstances, current } = installation;
  const configured = [...inactiveTreeIds, activeTreeId];
  const found: Refusal[] = [];
  for (const instance of currentInstances) {
    const loaded = await loadedBy(systems, instance);
    const shards = loaded && shardsOf(loaded);
    if (shards && shards.join() !== configured.join()) {
      const differences = [
        `it has loaded [${shards.join(', ')}] and is configured with [${configured.join(', ')}]`,
      ];
      found.push(refusal('INSTANCE_DIFFERS', { log, instance: instance.name, differences }));
    }
  }
  const chains = next.length === 0 ? [configured] : next.map((treeId) => [...configured, treeId]);
  const where = `The configuration of ${current.name}`;
  const drift = await listDrift(
    systems,
    chains.map((shards) => ({ where, shards })),
  );
  return [...found, ...drift];
}
