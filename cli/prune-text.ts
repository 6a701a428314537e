import { entries } from '../workflows/model/counted';
import type { RetiredTree } from '../workflows/model/retired';
import type { PruneResult } from '../workflows/prune-trees';
import { wrap } from './text';

/** The trees that nothing stands against deleting. */
export function deletableTrees(retired: readonly RetiredTree[]): readonly string[] {
  return retired.filter(({ keep }) => keep === undefined).map(({ treeId }) => treeId);
}

/** The trees that rotations retired, for a person who may want them gone. */
export function retiredText({ log, retired }: PruneResult, columns: number): string {
  if (retired.length === 0) {
    return `${log}: no tree is left of an attempt that was taken back.`;
  }
  const deletable = deletableTrees(retired);
  const how =
    deletable.length === 0
      ? 'None of them can be deleted.'
      : 'They cost nothing. To delete one: `rekor-rotate prune LOG --delete TREE`, or --all. Trillian keeps a deleted tree for seven days.';
  return [
    `Trees that are left of attempts of ${log} that were taken back`,
    ...retired.flatMap((tree) => treeLines(tree, columns)),
    '',
    ...wrap(how.replace('LOG', log), columns),
  ].join('\n');
}

function treeLines({ treeId, size, rotationId, attempt, keep }: RetiredTree, columns: number): string[] {
  const holds = size === 0 ? 'empty' : entries(size);
  return [
    ...wrap(`${treeId}, ${holds}, of attempt ${attempt} of rotation ${rotationId}`, columns, '  ', '    '),
    ...(keep === undefined ? [] : wrap(`stays: ${keep}`, columns, '    ')),
  ];
}

/** What was deleted, and what was not. */
export function prunedText({ deleted, refusals }: PruneResult, columns: number): string {
  return [
    ...deleted.map((treeId) => `Tree ${treeId} is deleted; Trillian can undelete it for seven days.`),
    ...refusals.flatMap(({ message, remedy, code }) => wrap(`${message} ${remedy} (${code})`, columns)),
  ].join('\n');
}
