import { counted, entries } from '../workflows/model/counted';
import { leftTreesText, type Outcome, type RotationResult } from '../workflows/model/result';
import type { WriteStall } from '../workflows/model/evidence';
import { type StepRecord, stepName, stepRemark } from '../workflows/model/steps';
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
    ...(result.rotationId === null ? [] : field('Rotation', result.rotationId, columns)),
    ...field('Attempts', String(result.attempts), columns),
  ];
  if (currentTree) {
    const size = currentTree.size === undefined ? '' : `, ended with ${entries(currentTree.size)}`;
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
  lines.push(...leftTreeLines(result, columns));
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
    lines.push('', 'Steps', ...stepLines(result.steps, result.attempts > 1));
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

/** Trees that undone attempts left; the reason of a rolled back rotation has named those that it knows. */
function leftTreeLines({ log, outcome, steps, leftTrees = [] }: RotationResult, columns: number): string[] {
  const unknown = steps.some(({ name, kind }) => name === 'createTree' && kind === 'undone');
  if (leftTrees.length > 0) {
    return outcome === 'rolledBack' ? [] : field('Left', leftTreesText(log, leftTrees), columns);
  }
  const perhaps = `a next tree that no answer named, if Trillian made one, FROZEN; \`rekor-rotate prune ${log}\` lists it`;
  return unknown ? field('Left', perhaps, columns) : [];
}

/** What is known of a next tree that serves; what a person left out is said, too. */
function evidenceLines({ handover, writes, verification }: RotationResult, columns: number): string[] {
  const lines: string[] = [];
  if (!handover) {
    lines.push(...field('Handover', 'none: an entry of a client came before it', columns));
  }
  if (writes) {
    lines.push(...writeLines(writes, columns));
  }
  if (verification) {
    const { entriesVerified, proofsVerified, shards } = verification;
    const proven = `${entries(entriesVerified)} and ${counted(proofsVerified, 'proof')}, in ${counted(shards.length, 'shard')}`;
    lines.push(...field('Verified', proven, columns));
  } else {
    lines.push(...field('Verified', 'nothing: a person left that out', columns));
  }
  return lines;
}

/** The two times of a hold, each with what it measures: they begin together and end differently. */
function writeLines({ stallMs, longestWaitMs, held, refused }: WriteStall, columns: number): string[] {
  const waited = `${held} held in the gate, ${refused} refused`;
  if (stallMs === null) {
    return [
      ...field('Write stall', 'none: no write had to wait', columns),
      ...field('Writes', waited, columns),
    ];
  }
  const stall = `${spoken(stallMs)}, from the first write that had to wait until it or a later one was acknowledged`;
  const longest = `${spoken(longestWaitMs)} in the gate: the client of that write waited so much longer than usual`;
  return [
    ...field('Write stall', stall, columns),
    ...field('Longest wait', longest, columns),
    ...field('Writes', waited, columns),
  ];
}

/** Ended steps and their times. */
export function stepLines(steps: readonly StepRecord[], withAttempt: boolean): string[] {
  return steps.map((step) => {
    const what = `${stepName(step)}${withAttempt ? ` (attempt ${step.attempt})` : ''}`;
    const remark = stepRemark(step, steps);
    return `  ${what.padEnd(30)} ${spoken(step.ms).padStart(12)}${remark === '' ? '' : `  ${remark}`}`;
  });
}
