import type { LeftoverFacts } from '../../workflows/model/leftovers';
import type { Shard, TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { differencesFrom } from '../../workflows/model/shards';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { handedOver } from './next-tree-content';

/** What the serving release is configured with, and the trees that rotations made. */
export type ServedShards = LeftoverFacts & {
  /** In served order, with the lengths that Trillian has. */
  readonly inactive: readonly Shard[];
};

/** What would let an index be signed twice, or stops writes, though no rotation runs (H8, H10). */
export async function driftOf(systems: LogSystems, seen: ServedShards, attempt: Attempt): Promise<Refusal[]> {
  const { log, trillian } = systems;
  const { current, installation, inactive, marked } = seen;
  const found: Refusal[] = [];
  if (current.state !== 'ACTIVE') {
    found.push(refusal('SERVING_TREE_CLOSED', { log, tree: current.treeId, state: current.state }));
  }
  const ofLog = new Set([...inactive.map(({ treeId }) => treeId), ...marked.map(({ treeId }) => treeId)]);
  for (const { treeId, state } of await trillian.listTrees(attempt)) {
    if (state === 'ACTIVE' && treeId !== current.treeId && ofLog.has(treeId)) {
      found.push(refusal('INACTIVE_TREE_ACTIVE', { log, tree: treeId }));
    }
  }
  for (const instance of installation.currentInstances) {
    const loaded = await systems.rekor.log(instance, attempt.signal);
    const differences = differencesFrom(loaded, installation.activeTreeId, inactive);
    if (differences.length > 0) {
      found.push(refusal('INSTANCE_DIFFERS', { log, instance: instance.name, differences }));
    }
    const shards = [...loaded.inactive.map(({ treeId }) => treeId), loaded.activeTreeId];
    found.push(...(await listDrift(systems, `Rekor ${instance.name}`, shards, attempt)));
  }
  const configured = [...inactive.map(({ treeId }) => treeId), installation.activeTreeId];
  found.push(
    ...(await listDrift(systems, `The configuration of ${installation.current}`, configured, attempt)),
  );
  return found;
}

/**
 * A shard's handover leaf tells which tree came before it: the one thing about the list that a stale deploy cannot take
 * back (H10). Trees that no rotation made say nothing.
 */
export async function listDrift(
  systems: LogSystems,
  where: string,
  shards: readonly TreeId[],
  attempt: Attempt,
): Promise<Refusal[]> {
  const found: Refusal[] = [];
  const marked = new Set(
    markedTrees(await systems.trillian.listTrees(attempt), systems.log).map(({ treeId }) => treeId),
  );
  for (const [position, treeId] of shards.entries()) {
    const handover = marked.has(treeId) ? await handedOver(systems, treeId, attempt) : null;
    const before = shards[position - 1];
    if (!handover) {
      continue;
    }
    const { treeId: expected, size } = handover.end;
    const length = before === expected ? (await systems.trillian.treeHead(before, attempt)).size : undefined;
    if (length !== size) {
      found.push(
        refusal('LIST_DRIFTED', {
          ...{ log: systems.log, where, tree: treeId },
          expected: `tree ${expected} with ${size} entries`,
          found: before === undefined ? 'nothing' : `tree ${before} with ${length ?? 'other'} entries`,
        }),
      );
    }
  }
  return found;
}

/**
 * Why an interrupted rotation must not be ended by what the serving release says: a process has loaded other shards than
 * it is configured with, or the shards themselves tell of another list.
 *
 * @param next trees that follow the serving one: those that hold entries of clients and are named by nothing.
 */
export async function driftOfServed(
  systems: LogSystems,
  { installation }: LeftoverFacts,
  next: readonly TreeId[],
  attempt: Attempt,
): Promise<Refusal[]> {
  const { log, rekor } = systems;
  const { activeTreeId, inactiveTreeIds, currentInstances, current } = installation;
  const configured = [...inactiveTreeIds, activeTreeId];
  const found: Refusal[] = [];
  for (const instance of currentInstances) {
    const loaded = await rekor.log(instance, attempt.signal).catch((error: unknown) => {
      // One that does not run has loaded nothing.
      if (error instanceof RefusalError && error.refusal.code === 'REKOR_UNREACHABLE') return null;
      throw error;
    });
    const shards = loaded && [...loaded.inactive.map(({ treeId }) => treeId), loaded.activeTreeId];
    if (shards && shards.join() !== configured.join()) {
      const differences = [
        `it has loaded [${shards.join(', ')}] and is configured with [${configured.join(', ')}]`,
      ];
      found.push(refusal('INSTANCE_DIFFERS', { log, instance: instance.name, differences }));
    }
  }
  const chains = next.length === 0 ? [configured] : next.map((treeId) => [...configured, treeId]);
  for (const chain of chains) {
    found.push(...(await listDrift(systems, `The configuration of ${current}`, chain, attempt)));
  }
  return found;
}
