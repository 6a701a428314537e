import type { Outcome, RotationResult, StepRecord } from '../workflows/model/rotation';
import { exitCodes } from './exit-codes';
import { planText, refusalText } from './plan-text';
import { field, spoken, wrap } from './text';

/** How a rotation ended, for people. */
export function resultText(result: RotationResult, columns: number): string {
  switch (result.outcome) {
    case 'planned':
      return planText(result, columns);
    case 'refused':
      return refusalText(result, columns);
    case 'completed':
    case 'rolledBack':
      return endedText(result, columns);
  }
}

/** The exit code of an outcome. */
export function exitCodeOf(outcome: Outcome): number {
  const { code } = {
    completed: exitCodes.done,
    planned: exitCodes.done,
    refused: exitCodes.refused,
    rolledBack: exitCodes.rolledBack,
  }[outcome];
  return code;
}

function endedText(result: RotationResult, columns: number): string {
  const { currentTree, nextTree, writes, verification } = result;
  const lines = [
    ...wrap(
      `The rotation of ${result.log} ${result.outcome === 'completed' ? 'is completed' : 'was rolled back'}.`,
      columns,
    ),
    ...wrap(result.reason, columns),
    '',
    ...field('Rotation', result.rotation, columns),
    ...field('Attempts', String(result.attempts), columns),
  ];
  if (currentTree) {
    const size = currentTree.size === undefined ? '' : `, ended with ${currentTree.size} entries`;
    lines.push(...field(nextTree ? 'Frozen tree' : 'Current tree', `${currentTree.treeId}${size}`, columns));
  }
  if (nextTree) {
    lines.push(
      ...field('Active tree', `${nextTree.treeId}, from virtual index ${nextTree.firstIndex} on`, columns),
    );
  }
  if (writes) {
    const stall = writes.stallMs === null ? 'no write had to wait' : spoken(writes.stallMs);
    const waited = `${writes.held} held, longest ${spoken(writes.longestWaitMs)}, ${writes.refused} refused`;
    lines.push(...field('Write stall', stall, columns), ...field('Writes', waited, columns));
  }
  if (verification) {
    const { entriesVerified, proofsVerified, shards } = verification;
    const proven = `${entriesVerified} entries and ${proofsVerified} proofs, in ${shards.length} shards`;
    lines.push(...field('Verified', proven, columns));
  }
  lines.push('', 'Steps', ...result.steps.map((step) => stepLine(step, result.attempts > 1)));
  if (result.tellDownstream.length > 0) {
    lines.push(
      '',
      'To tell downstream',
      ...result.tellDownstream.flatMap((text) => wrap(text, columns, '  - ', '    ')),
    );
  }
  return lines.join('\n');
}

/** One ended step and its time. */
export function stepLine({ name, ms, kind, attempt }: StepRecord, withAttempt: boolean): string {
  const what = `${kind === 'undone' ? 'undo ' : ''}${name}${withAttempt ? ` (attempt ${attempt})` : ''}`;
  return `  ${what.padEnd(30)} ${spoken(ms).padStart(12)}`;
}
