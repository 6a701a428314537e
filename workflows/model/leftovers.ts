import { unfinishedAttempt, type ConfiguredShards, type InstallationState } from './installation';
import type { Tree, TreeId } from './log';
import { attemptIdOf, type MarkedTree } from './mark';
import type { TrafficKind } from './traffic';

/** What is looked through for what an interrupted rotation left behind. */
export interface LeftoverFacts {
  readonly installation: InstallationState;
  readonly traffic: { readonly mode: 'pass' | 'hold' | 'healing'; readonly by?: TrafficKind };
  /** The tree that the serving release is configured with. */
  readonly current: Pick<Tree, 'treeId' | 'state'>;
  /** Every tree that a rotation of this log made. */
  readonly marked: readonly MarkedTree[];
}

/** The trees that a release names: its active one and its list. */
export function namedTrees({ activeTreeId, inactiveTreeIds }: ConfiguredShards): ReadonlySet<TreeId> {
  return new Set([activeTreeId, ...inactiveTreeIds]);
}

/**
 * What is not as a rotation that ended leaves it, in plain words. A FROZEN current tree counts only
 * while an attempt is recorded as unfinished on one of the releases: without that, a person froze it.
 */
export function leftoversOf({ installation, traffic, current, marked }: LeftoverFacts): string[] {
  const named = namedTrees(installation);
  const found = marked
    .filter((tree) => tree.state !== 'FROZEN' && !named.has(tree.treeId))
    .map(
      (tree) => `tree ${tree.treeId} of rotation ${attemptIdOf(tree.identity)} is ${tree.state}, not FROZEN`,
    );
  const unfinished = unfinishedAttempt(installation);
  if (unfinished !== null) {
    const { unfinishedOn, current: serving, next } = installation;
    const { name } = unfinishedOn.next === null ? serving : next;
    found.push(`${name} keeps what rotation ${unfinished} replaced, as if that had not ended`);
    if (current.state !== 'ACTIVE') {
      found.push(`tree ${current.treeId}, which serves, is ${current.state}`);
    }
  }
  if (traffic.mode === 'hold') {
    found.push(
      traffic.by === 'service'
        ? 'an order that has not ended stands in the Lease of the log'
        : 'the gate holds writes',
    );
  }
  if (traffic.mode === 'healing') {
    const whose = traffic.by === 'service' ? 'the last order' : "the gate's last hold";
    found.push(`the lease of ${whose} has ended and no order came after it`);
  }
  return found;
}
