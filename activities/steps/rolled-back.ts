import type { LookBackOrder } from '../../workflows/model/changes';
import { markedTrees } from '../../workflows/model/mark';
import type { Attempt } from '../attempt';
import type { LogSystems } from '../systems';
import { ifOurs, livesOnNext } from './ownership';

/**
 * What is not as before once an attempt was taken back: a call of a dead worker may have landed after its undo (H8). Its
 * files are not looked at here; the preflight of the next rotation does.
 */
export async function lookBack(
  systems: LogSystems,
  order: LookBackOrder,
  attempt: Attempt,
): Promise<readonly string[]> {
  const { log, trillian, gate, installation } = systems;
  const { identity, release } = order;
  return await ifOurs(systems, identity, attempt, [], async () => {
    if (release.supersedes || (await livesOnNext(systems, order, attempt))) {
      return [];
    }
    const trees = await trillian.listTrees(attempt);
    const current = trees.find(({ treeId }) => treeId === release.currentTreeId);
    const left = markedTrees(trees, log).filter(
      (tree) => tree.identity.rotation === identity.rotation && tree.state !== 'FROZEN',
    );
    const { mode, upstream } = await gate.state(attempt.signal);
    const addresses = installation.instances(release.current).map(({ url }) => url);
    return [
      ...(current?.state === 'ACTIVE' || !order.froze
        ? []
        : [`tree ${release.currentTreeId} is ${current?.state ?? 'gone'}, not ACTIVE`]),
      ...left
        .filter(({ treeId }) => treeId !== release.currentTreeId)
        .map(({ treeId, state }) => `tree ${treeId} is ${state}, not FROZEN`),
      ...(mode === 'pass' ? [] : [`the gate does not pass writes (${mode})`]),
      ...(addresses.includes(upstream) ? [] : [`the gate sends to ${upstream}`]),
    ];
  });
}
