import { counted, entries } from '../workflows/model/counted';
import type { Intervention } from '../workflows/model/instruction';
import { watchedText } from '../workflows/model/lull';
import { editedText } from '../workflows/model/plan-settings';
import { leftTreesText, type Outcome, type RotationResult } from '../workflows/model/result';
import type { VerificationReport, WriteStall } from '../workflows/model/evidence';
import { type StepRecord, stepName, stepRemark } from '../workflows/model/steps';
import { refusedText } from '../workflows/model/refused-writes';
import { notToldText } from '../workflows/model/writes-over';
import { exitCodes } from './exit-codes';
import { forecastLines } from './forecast-text';
import { leftLines, resumeChoices } from './held-text';
import { sourceInShort, sourceLines } from './owners-text';
import { planText, recoveryText, refusalText } from './plan-text';
import { list, spoken, table, titled, wrap, type Row } from './text';

/** How a rotation ended, for people. */
export function resultText(result: RotationResult, columns: number): string {
  switch (result.outcome) {
    case 'planned':
      return result.plan ? planText(result, columns) : recoveryText(result, columns);
    case 'refused':
    case 'skipped':
      // One that had begun is told like any other: what it did, and what people decided.
      return result.steps.length === 0
        ? refusalText(result, columns)
        : endedText(result, ends[result.outcome], columns);
    case 'notNeeded':
      return wrap(result.reason, columns).join('\n');
    case 'completed':
    case 'rehearsed':
    case 'superseded':
    case 'rolledBack':
    case 'held':
      return endedText(result, ends[result.outcome], columns);
  }
}

/** How it ended, after "The rotation of LOG" or "The rehearsal of LOG". */
const ends: Readonly<Record<Exclude<Outcome, 'planned' | 'notNeeded'>, string>> = {
  completed: 'is completed',
  rehearsed: 'is over, and was taken back',
  superseded: 'is completed, with a third tree: the next one could not serve and is one more inactive shard',
  rolledBack: 'was rolled back',
  held: 'is held: a person ended it as it is',
  refused: 'does nothing more',
  skipped: 'did not begin',
};

/** The exit code of an outcome. */
export function exitCodeOf(outcome: Outcome): number {
  const { code } = {
    completed: exitCodes.done,
    rehearsed: exitCodes.done,
    superseded: exitCodes.done,
    planned: exitCodes.done,
    notNeeded: exitCodes.done,
    held: exitCodes.held,
    refused: exitCodes.refused,
    skipped: exitCodes.refused,
    rolledBack: exitCodes.rolledBack,
  }[outcome];
  return code;
}

function endedText(result: RotationResult, how: string, columns: number): string {
  const { kind, log, reason, held, steps, attempts, forecast, tellDownstream } = result;
  return [
    ...wrap(`The ${kind === 'rehearsal' ? kind : 'rotation'} of ${log} ${how}.`, columns),
    ...wrap(reason, columns),
    ...(held
      ? [...wrap(`What could not be finished: ${held.step}.`, columns), ...leftLines(held, columns)]
      : []),
    '',
    ...table(factRows(result), columns),
    ...titled('What a rotation would spend while writes wait', forecast ? forecastLines(forecast) : []),
    ...titled('Steps', stepLines(steps, attempts > 1, columns)),
    ...sourceLines(result.sourceOfTruth, columns),
    ...titled('To tell downstream', list(tellDownstream, columns)),
  ].join('\n');
}

function factRows(result: RotationResult): Row[] {
  const { currentTree, nextTree, keyChange, watched, nextTreeVisibleMs: visibleMs } = result;
  const size = currentTree?.size === undefined ? '' : `, ended with ${entries(currentTree.size)}`;
  return [
    ['Rotation', result.rotationId],
    ['Attempts', String(result.attempts)],
    [nextTree ? 'Frozen tree' : 'Current tree', currentTree && `${currentTree.treeId}${size}`],
    ['Active tree', nextTree && `${nextTree.treeId}, from virtual index ${nextTree.firstIndex} on`],
    [
      'Key',
      keyChange &&
        `${keyChange.next} from index ${keyChange.fromIndex} on; before that ${keyChange.former}, as it was`,
    ],
    [
      'Visible',
      visibleMs === undefined
        ? undefined
        : `for ${spoken(visibleMs)} at most clients may have seen a next tree that was taken back`,
    ],
    ['Lull', watched && watchedText(watched)],
    ...(nextTree && !result.handover
      ? [['Handover', 'none: an entry of a client came before it'] as Row]
      : []),
    ...(result.writes ? writeRows(result.writes, result.steps) : []),
    ...(nextTree ? [verifiedRow(result)] : []),
    ['Source', result.sourceOfTruth && sourceInShort(result.sourceOfTruth)],
    ['Left', leftText(result)],
    ['Edited', result.edited && editedText(result.edited)],
    ...(result.approvals ?? []).map(({ who, key, takenAt, why }): Row => {
      const by = key === null ? 'as they say; nobody checked that' : `with the key ${key}`;
      return ['Approved', `by ${who}, ${by}, at ${takenAt}${why === null ? '' : `: ${why}`}`];
    }),
    ...result.interventions.map((intervention): Row => ['Decided', decidedText(intervention)]),
  ];
}

function decidedText({ instruction, choice, step, to, who, why, at }: Intervention): string {
  const decided = [
    choice === undefined ? instruction : resumeChoices[choice].option.slice(2),
    ...(step === undefined ? [] : [step]),
    ...(to === undefined ? [] : [`until ${to}`]),
  ];
  return `${decided.join(' ')}, by ${who} at ${at}: ${why}`;
}

/** Trees that undone attempts left; the reason of a rolled back rotation has named those that it knows. */
function leftText({ log, outcome, steps, leftTrees = [] }: RotationResult): string | undefined {
  if (leftTrees.length > 0) {
    return outcome === 'rolledBack' ? undefined : leftTreesText(log, leftTrees);
  }
  return steps.some(({ name, kind }) => name === 'createTree' && kind === 'undone')
    ? `a next tree that no answer named, if Trillian made one, FROZEN; \`rekor-rotate prune ${log}\` lists it`
    : undefined;
}

/** What was proven of a next tree that serves; what a person left out is said, too. */
function verifiedRow({ verification }: RotationResult): Row {
  return ['Verified', verification ? verifiedText(verification) : 'nothing: a person left that out'];
}

function verifiedText({ entriesVerified, proofsVerified, shards }: VerificationReport): string {
  return `${entries(entriesVerified)} and ${counted(proofsVerified, 'proof')}, in ${counted(shards.length, 'shard')}`;
}

/** The two times of a hold, each with what it measures: they begin together and end differently. Of several, the longest. */
function writeRows(writes: WriteStall, steps: readonly StepRecord[]): Row[] {
  const { stallMs, longestWaitMs, held, refused } = writes;
  const counts: Row = ['Writes', `${held} held in the gate, ${refusedText(writes)}${notToldText(steps)}`];
  if (held + refused === 0) {
    return [['Write stall', 'none: no write had to wait'], counts];
  }
  const stall =
    stallMs === null
      ? 'from the first write that had to wait; that one was acknowledged again was not seen'
      : `${spoken(stallMs)}, from the first write that had to wait until it or a later one was acknowledged`;
  const longest = `${spoken(longestWaitMs)} in the gate: the client of that write waited so much longer than usual`;
  return [['Write stall', stall], ['Longest wait', longest], counts];
}

/** Ended steps and their times, a line each unless what is to be said of one needs another. */
export function stepLines(steps: readonly StepRecord[], withAttempt: boolean, columns: number): string[] {
  return steps.flatMap((step) => {
    const what = `${stepName(step)}${withAttempt ? ` (attempt ${step.attempt})` : ''}`;
    const line = `  ${what.padEnd(30)} ${spoken(step.ms).padStart(12)}`;
    const remark = stepRemark(step, steps);
    if (remark === '') {
      return [line];
    }
    return line.length + 2 + remark.length <= columns
      ? [`${line}  ${remark}`]
      : [line, ...wrap(remark, columns, '    ')];
  });
}
