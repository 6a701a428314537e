import { short } from './world/host';
import type { ReleaseId } from './world/installation';
import type { RekorProcess } from './world/rekor';
import type { World } from './world/world';

/** What lets an index be signed twice: an open tree that does not serve, or one that is served with wrong lengths. */
export function dangers(world: World): string[] {
  const open = world.trees().filter(({ row }) => row.state === 'ACTIVE');
  const two = `trees ${open.map(({ treeId }) => short(treeId)).join(' and ')} are ACTIVE`;
  return [
    ...(open.length > 1 ? [two] : []),
    ...world.installation.releases.flatMap((release) => dangersOf(world, release)),
  ];
}

/** Why a release, if it takes writes now, would give an index again. */
export function dangersOf(world: World, release: ReleaseId): string[] {
  return world.installation.processesOf(release).flatMap((process) => dangersOfProcess(world, process));
}

function dangersOfProcess(world: World, process: RekorProcess): string[] {
  const { trillian } = world;
  // One that misread a length is kept from writes by the gate; the watch looks at each of them.
  if (process.misread || trillian.trees.get(process.configuration.activeTreeId)?.row.state !== 'ACTIVE') {
    return [];
  }
  const { activeTreeId, inactiveTreeIds } = process.configuration;
  const listed = new Set([...inactiveTreeIds, activeTreeId]);
  // Trees that hold entries of clients and that this process does not know: their indexes are given again.
  const missing = world
    .trees()
    .filter(
      ({ treeId, leaves }) => !listed.has(treeId) && leaves.some((leaf) => leaf.extraData.length === 0),
    );
  const names = missing.map(({ treeId }) => short(treeId)).join(', ');
  return [
    ...(missing.length > 0 ? [`Rekor ${process.name} takes writes and does not list tree ${names}`] : []),
    ...inactiveTreeIds
      .filter((treeId, position) => process.lengths[position] !== trillian.head(treeId).size)
      .map((treeId) => `Rekor ${process.name} takes writes with a wrong length of tree ${short(treeId)}`),
  ];
}
