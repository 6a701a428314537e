import { entries } from '../../workflows/model/counted';
import type { TreeId } from '../../workflows/model/log';
import type { AuditCode } from './catalogue';
import type { AuditFinding } from './finding';
import { firstContested, type View } from './view';

/**
 * In what the processes of one log contradict themselves and each other. The others are compared with the one that serves most
 * trees, for what is stale or has lost a shard serves fewer; among equals with the first.
 */
export function disagreements(views: readonly View[]): AuditFinding[] {
  const reference = referenceOf(views);
  if (!reference) return [];
  const others = views.filter((view) => view !== reference);
  return [
    ...views.flatMap((view) => [...mentionedTwice(view), ...staleLengths(view)]),
    ...others.flatMap((view) => [...otherList(view, reference), ...otherLengths(view, reference)]),
  ];
}

/** The view that the others are compared with. */
export function referenceOf(views: readonly View[]): View | undefined {
  const count = ({ trees }: View): number => new Set(trees.map(({ treeId }) => treeId)).size;
  return views.reduce<View | undefined>(
    (most, view) => (most === undefined || count(view) > count(most) ? view : most),
    undefined,
  );
}

/** Whether the shards of one are those that the other had at an earlier time, or the same. */
export function isEarlier(one: View, other: View): boolean {
  const [earlier, later] = [idsOf(one), idsOf(other)];
  return earlier.every((treeId, position) => later[position] === treeId);
}

function mentionedTwice({ address, trees }: View): AuditFinding[] {
  const ids = trees.map(({ treeId }) => treeId);
  const twice = [...new Set(ids.filter((treeId, position) => ids.indexOf(treeId) !== position))];
  return twice.map((treeId) => ({
    ...{ code: 'SHARD_TWICE', address, where: `Tree ${treeId}` },
    what: `it stands ${ids.filter((other) => other === treeId).length} times among the shards, so its entries have as many indexes`,
  }));
}

function staleLengths({ address, trees }: View): AuditFinding[] {
  return trees.flatMap(({ treeId, loaded, live }): AuditFinding[] =>
    loaded === live
      ? []
      : [
          {
            ...{ code: 'LENGTH_STALE', address, where: `Shard ${treeId}` },
            what:
              `the process loaded ${entries(loaded)} when it started, and the tree has ${live} now. ` +
              'It counts every later index from there, and no proof that it serves of this shard holds',
          },
        ],
  );
}

function otherList(view: View, reference: View): AuditFinding[] {
  const [mine, theirs] = [idsOf(view), idsOf(reference)];
  if (mine.join() === theirs.join()) return [];
  const finding = (code: AuditCode, what: string): AuditFinding => ({
    ...{ code, address: view.address, where: 'The shard list' },
    what: `${what}. ${reference.address} serves ${listed(theirs)}${consequence(view, reference)}`,
  });
  if (isEarlier(view, reference)) {
    const active = mine.at(-1) ?? '';
    return [finding('INSTANCE_STALE', `its active tree ${active} is an inactive shard by now`)];
  }
  const missing = theirs.filter((treeId) => !mine.includes(treeId));
  const extra = mine.filter((treeId) => !theirs.includes(treeId));
  if (missing.length === 0 && extra.length === 0) {
    return [finding('SHARD_ORDER_DIFFERS', `it serves ${listed(mine)}`)];
  }
  const kept = theirs.filter((treeId) => mine.includes(treeId));
  return extra.length === 0 && kept.join() === mine.join()
    ? [finding('SHARD_MISSING', `it does not serve ${listed(missing)}`)]
    : [finding('SHARD_LIST_DIFFERS', `it serves ${listed(mine)}`)];
}

/** What the difference does to indexes. */
function consequence(view: View, reference: View): string {
  const index = firstContested(view, reference);
  return index === undefined || isEarlier(view, reference)
    ? ''
    : `. From index ${index} on the two mean different entries`;
}

/** Two lengths, or roots, of one inactive tree, each of which is what its process finds in Trillian. */
function otherLengths(view: View, reference: View): AuditFinding[] {
  return view.trees.slice(0, -1).flatMap((tree): AuditFinding[] => {
    const other = reference.trees.slice(0, -1).find(({ treeId }) => treeId === tree.treeId);
    if (!other || tree.loaded !== tree.live || other.loaded !== other.live) return [];
    const place = { address: view.address, where: `Shard ${tree.treeId}` };
    const where = `${reference.address} finds`;
    if (tree.loaded !== other.loaded) {
      const what = `it has ${entries(tree.loaded)}; ${where} ${other.loaded}: the tree grows, or they ask two Trillians`;
      return [{ code: 'LENGTHS_DIFFER', ...place, what }];
    }
    const what = `its root is ${tree.root}; ${where} ${other.root} for the same length`;
    return tree.root === other.root ? [] : [{ code: 'ROOT_DIFFERS', ...place, what }];
  });
}

function idsOf({ trees }: View): TreeId[] {
  return trees.map(({ treeId }) => treeId);
}

function listed(ids: readonly TreeId[]): string {
  return ids.length === 1 ? `tree ${ids.join()}` : `trees ${ids.join(', ')}`;
}
