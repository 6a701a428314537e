import type { AttemptInput } from '../../workflows/model/actions';
import { leftoversOf, namedTrees } from '../../workflows/model/leftovers';
import type { Shard, TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import type { Preparation } from '../../workflows/model/plan';
import type { FoundLeftovers, RecoveryFacts } from '../../workflows/model/recovery';
import { foundOrRefused } from '../errors/refusal-error';
import { readInstallation } from '../installation/installation';
import type { TrafficState } from '../traffic/traffic';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { driftOfServed, unnamedWithEntries } from './drift';

/** Everything of which an interrupted rotation can be told, and whether there is one. */
export interface SeenLeftovers extends Omit<FoundLeftovers, 'withEntries'> {
  readonly leftovers: readonly string[];
  readonly trafficState: TrafficState;
}

/** Looks for what an interrupted rotation left behind; reads only. */
export async function seeLeftovers(systems: BoundSystems): Promise<SeenLeftovers> {
  const { log, traffic, trillian, installation: installed, timing, bounds } = systems;
  const trafficState = await traffic.state(bounds.signal);
  const { by, mode, number, attemptId, instances } = trafficState;
  const installation = await readInstallation(installed, instances, bounds.signal);
  const marked = markedTrees(await trillian.listTrees(bounds), log);
  const current = await trillian.getTree(installation.activeTreeId, bounds);
  const facts = { installation, traffic: { by, mode, number, attemptId }, current, marked };
  const inactive = await withLengths(systems, installation.inactiveTreeIds);
  return { ...facts, inactive, timing, leftovers: leftoversOf(facts), trafficState };
}

/** The same, with what the trees that nothing names hold: all that a recovery is planned from. */
export const leftovers: Act<{ readonly log: string }, RecoveryFacts> = async (systems, { log }) => {
  const { found: facts, refusal } = await foundOrRefused(async () => {
    const seen = await seeLeftovers(systems);
    const { installation, traffic, current, marked, inactive, timing } = seen;
    const found = { installation, traffic, current, marked, inactive, timing };
    if (seen.leftovers.length === 0) {
      return { log, refusals: [], found: { ...found, withEntries: [] } };
    }
    const withEntries = await unnamedWithEntries(systems, found);
    const drift = await driftOfServed(systems, found, withEntries);
    return drift.length > 0
      ? { log, refusals: drift }
      : { log, refusals: [], found: { ...found, withEntries } };
  });
  return facts ?? { log, refusals: [refusal] };
};

/** What a superseding attempt starts from: the next tree, which took entries, is the current one now (H12). */
export const superseding: Act<AttemptInput, Omit<Preparation, 'timing'>> = async (systems, { release }) => {
  const { traffic, installation, bounds } = systems;
  const { instances } = await traffic.state(bounds.signal);
  const { current, next } = await installation.roles(instances, bounds.signal);
  const { nextTreeId: treeId, currentTreeId } = release;
  const earlier = [...release.inactive.map((shard) => shard.treeId), currentTreeId];
  const named = namedTrees(await installation.configured(current, bounds.signal));
  const trees = [...(release.supersedes?.trees ?? []), treeId];
  return {
    ...(await installation.plan({ current, next }, [...earlier, treeId], bounds.signal)),
    currentTree: { treeId },
    inactive: await withLengths(systems, earlier),
    installation: { current, next },
    supersedes: {
      ...{ trees, unnamed: trees.filter((tree) => !named.has(tree)).length },
      ...(release.keys && { keys: release.keys }),
    },
  };
};

const withLengths: Act<readonly TreeId[], Shard[]> = async ({ trillian, bounds }, treeIds) => {
  return await Promise.all(
    treeIds.map(async (treeId) => ({ treeId, length: (await trillian.treeHead(treeId, bounds)).size })),
  );
};
