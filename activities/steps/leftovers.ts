import type { AttemptInput } from '../../workflows/model/actions';
import { leftoversOf, namedTrees } from '../../workflows/model/leftovers';
import type { Shard, TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import type { Preparation } from '../../workflows/model/plan';
import type { FoundLeftovers, RecoveryFacts } from '../../workflows/model/recovery';
import type { ActivityBounds } from '../bounds/activity-bounds';
import { RefusalError } from '../errors/refusal-error';
import { readInstallation } from '../installation/installation';
import type { LogSystems } from '../systems';
import type { TrafficState } from '../traffic/traffic';
import { driftOfServed } from './drift';
import { contentOf } from './next-tree-content';

/** Everything of which an interrupted rotation can be told, and whether there is one. */
export interface SeenLeftovers extends Omit<FoundLeftovers, 'withEntries'> {
  readonly leftovers: readonly string[];
  readonly trafficState: TrafficState;
}

/** Looks for what an interrupted rotation left behind; reads only. */
export async function seeLeftovers(systems: LogSystems, bounds: ActivityBounds): Promise<SeenLeftovers> {
  const { log, traffic, trillian, installation: installed, timing } = systems;
  const trafficState = await traffic.state(bounds.signal);
  const { mode, number, instances } = trafficState;
  const installation = await readInstallation(installed, instances, bounds.signal);
  const marked = markedTrees(await trillian.listTrees(bounds), log);
  const current = await trillian.getTree(installation.activeTreeId, bounds);
  const facts = { installation, traffic: { mode, number }, current, marked };
  const inactive = await withLengths(systems, installation.inactiveTreeIds, bounds);
  return { ...facts, inactive, timing, leftovers: leftoversOf(facts), trafficState };
}

/** The same, with what the trees that nothing names hold: all that a recovery is planned from. */
export async function leftovers(
  systems: LogSystems,
  { log }: { readonly log: string },
  bounds: ActivityBounds,
): Promise<RecoveryFacts> {
  try {
    const seen = await seeLeftovers(systems, bounds);
    const { installation, traffic, current, marked, inactive, timing } = seen;
    const found = { installation, traffic, current, marked, inactive, timing };
    if (seen.leftovers.length === 0) {
      return { log, refusals: [], found: { ...found, withEntries: [] } };
    }
    const named = namedTrees(found.installation);
    const withEntries: TreeId[] = [];
    for (const { treeId } of found.marked.filter((tree) => !named.has(tree.treeId))) {
      if ((await contentOf(systems, treeId, bounds)) === 'public entries') {
        withEntries.push(treeId);
      }
    }
    const drift = await driftOfServed(systems, found, withEntries, bounds);
    return drift.length > 0
      ? { log, refusals: drift }
      : { log, refusals: [], found: { ...found, withEntries } };
  } catch (error) {
    if (error instanceof RefusalError) {
      return { log, refusals: [error.refusal] };
    }
    throw error;
  }
}

/** What a superseding attempt starts from: the next tree, which took entries, is the current one now (H12). */
export async function superseding(
  systems: LogSystems,
  { release }: AttemptInput,
  bounds: ActivityBounds,
): Promise<Omit<Preparation, 'timing'>> {
  const { traffic, installation } = systems;
  const { instances } = await traffic.state(bounds.signal);
  const { current, next } = await installation.roles(instances, bounds.signal);
  const { nextTreeId: treeId, currentTreeId } = release;
  const earlier = [...release.inactive.map((shard) => shard.treeId), currentTreeId];
  return {
    ...(await installation.plan({ current, next }, [...earlier, treeId], bounds.signal)),
    currentTree: { treeId },
    inactive: await withLengths(systems, earlier, bounds),
    installation: { current, next },
    supersedes: true,
  };
}

async function withLengths(
  { trillian }: LogSystems,
  treeIds: readonly TreeId[],
  bounds: ActivityBounds,
): Promise<Shard[]> {
  return await Promise.all(
    treeIds.map(async (treeId) => ({ treeId, length: (await trillian.treeHead(treeId, bounds)).size })),
  );
}
