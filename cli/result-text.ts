import type { Outcome, RotationResult, StepRecord } from '../workflows/model/rotation';
import { stepName } from '../workflows/model/steps';
import { exitCodes } from './exit-codes';
import { leftLines, resumeChoices } from './held-text';
import { planText, recoveryText, refusalText } from './plan-text';
import { field, spoken, wrap } from './text';

/** How a rotation ended, for people. */
export function resultText(result: RotationResult, columns: number): string {
  switch (result.outcome) {
    case 'planned':
      return result.plan ? planText(result, columns) : recoveryText(result, columns);
    case 'refused':
      // One that had begun is told like any other: what it did, and what people decided.
      return result.steps.length === 0
        ? refusalText(result, columns)
        : endedText(result, ends.refused, columns);
    case 'notNeeded':
      return wrap(result.reason, columns).join('\n');
    case 'completed':
    case 'superseded':
    case 'rolledBack':
    case 'held':
      return endedText(result, ends[result.outcome], columns);
  }
}

/** How it ended, after "The rotation of LOG". */
const ends: Readonly<Record<Exclude<Outcome, 'planned' | 'notNeeded'>, string>> = {
  completed: 'is completed',
  superseded: 'is completed, with a third tree: the next one could not serve and is one more inactive shard',
  rolledBack: 'was rolled back',
  held: 'is held: a person ended it as it is',
  refused: 'does nothing more',
};

/** The exit code of an outcome. */
export function exitCodeOf(outcome: Outcome): number {
  const { code } = {
    completed: exitCodes.done,
    superseded: exitCodes.done,
    planned: exitCodes.done,
    notNeeded: exitCodes.done,
    held: exitCodes.held,
    refused: exitCodes.refused,
    rolledBack: exitCodes.rolledBack,
  }[outcome];
  return code;
}

function endedText(result: RotationResult, how: string, columns: number): string {
  const { currentTree, nextTree, nextTreeVisibleMs, held } = result;
  const lines = [
    ...wrap(`The rotation of ${result.log} ${how}.`, columns),
    ...wrap(result.reason, columns),
    ...(held
      ? [...wrap(`What could not be finished: ${held.step}.`, columns), ...leftLines(held, columns)]
      : []),
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
  if (nextTreeVisibleMs !== undefined) {
    const visible = `for ${spoken(nextTreeVisibleMs)} at most clients may have seen a next tree that was taken back`;
    lines.push(...field('Visible', visible, columns));
  }
  lines.push(...(nextTree ? evidenceLines(result, columns) : []));
  if (result.steps.some(({ name, kind }) => name === 'createTree' && kind === 'undone')) {
    const where = `\`rekor-rotate prune ${result.log}\` lists it`;
    lines.push(
      ...field('Left', `what was made as the next tree, FROZEN and served by nothing; ${where}`, columns),
    );
  }
  for (const { choice, step, who, why, at } of result.interventions) {
    lines.push(
      ...field(
        'Decided',
        `${resumeChoices[choice].option.slice(2)} ${step}, by ${who} at ${at}: ${why}`,
        columns,
      ),
    );
  }
  if (result.steps.length > 0) {
    lines.push('', 'Steps', ...result.steps.map((step) => stepLine(step, result.attempts > 1)));
  }
  if (result.tellDownstream.length > 0) {
    lines.push(
      '',
      'To tell downstream',
      ...result.tellDownstream.flatMap((text) => wrap(text, columns, '  - ', '    ')),
    );
  }
  return lines.join('\n');
}

/** What is known of a next tree that serves; what a person left out is said, too. */
function evidenceLines({ handover, writes, verification }: RotationResult, columns: number): string[] {
  const lines: string[] = [];
  if (!handover) {
    lines.push(...field('Handover', 'none: an entry of a client came before it', columns));
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
  } else {
    lines.push(...field('Verified', 'nothing: a person left that out', columns));
  }
  return lines;
}

/** One ended step and its time. */
export function stepLine(step: StepRecord, withAttempt: boolean): string {
  const what = `${stepName(step)}${withAttempt ? ` (attempt ${step.attempt})` : ''}`;
  return `  ${what.padEnd(30)} ${spoken(step.ms).padStart(12)}`;
}
