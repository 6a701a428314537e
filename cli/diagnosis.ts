import { isFailed, type Check } from '../workflows/model/checks';
import { counted } from '../workflows/model/counted';
import type { Diagnosis } from '../workers/doctor';
import type { RotationResult } from '../workflows/model/result';
import { exitCodes } from './exit-codes';
import { spoken, wrap } from './text';

/** What a diagnosis exits with: cron tells by it whom to wake. */
export function diagnosisExitCode({ checks }: Pick<Diagnosis, 'checks'>): number {
  const refused = checks.filter(({ state }) => state === 'refused');
  if (refused.some((check) => !isAboutReachingTemporal(check))) return exitCodes.refused.code;
  if (refused.length > 0) return exitCodes.unreachable.code;
  return (checks.some(({ state }) => state === 'warning') ? exitCodes.attention : exitCodes.done).code;
}

function isAboutReachingTemporal(check: Check): boolean {
  return isFailed(check) && check.reason === 'TEMPORAL_UNREACHABLE';
}

/**
 * What `doctor --json` prints.
 *
 * @param rehearsal how the rehearsal after it ended, where there was one.
 */
export function diagnosisJson(
  diagnosis: Diagnosis,
  exitCode: number = diagnosisExitCode(diagnosis),
  rehearsal?: RotationResult,
): string {
  const { log, at, tookMs, checks, ...facts } = diagnosis;
  const wouldBegin = checks.every(({ state }) => state !== 'refused');
  return JSON.stringify({ log, at, tookMs, exitCode, wouldBegin, ...facts, rehearsal, checks }, null, 2);
}

/** A checklist, then what is known of the next release's start, then the answer in one sentence. */
export function diagnosisText(diagnosis: Diagnosis, columns: number): string {
  const { log, checks } = diagnosis;
  return [
    `Doctor of ${log}`,
    '',
    ...checks.flatMap((check) => checkLines(check, columns)),
    '',
    ...wrap(startSentence(diagnosis), columns),
    '',
    ...wrap(answer(diagnosis), columns),
  ].join('\n');
}

/** How each state is shown to a person. */
export const marks: Readonly<Record<Check['state'], string>> = {
  ...{ ok: 'ok', notSeen: 'not seen', warning: 'warning', refused: 'refused' },
};

const INDENT = ' '.repeat(11);

/** A check, and under one that is not right what to do. */
export function checkLines(check: Check, columns: number): string[] {
  const { state, found, remedy } = check;
  const text = isFailed(check) ? `${found} (${check.reason})` : found;
  return [
    ...wrap(text, columns, `  ${marks[state].padEnd(9)}`, INDENT),
    ...(remedy === '' ? [] : wrap(`Do: ${remedy}`, columns, INDENT, `${INDENT}    `)),
  ];
}

function startSentence({ lastRotation }: Diagnosis): string {
  const stageMs = lastRotation?.stageMs ?? null;
  return stageMs === null
    ? 'How long the next release takes to start is known only once a rotation has rehearsed it.'
    : `In the last rotation it took ${spoken(stageMs)} to prepare the next release and to rehearse its start.`;
}

/** Would a rotation begin, and how long would writes wait? */
export function answer({ log, checks, writesWait, lastRotation }: Diagnosis): string {
  const of = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
  const [refused, warnings] = [of('refused'), of('warning')];
  const besides = warnings === 0 ? '' : `, beside ${counted(warnings, 'warning')}`;
  if (refused > 0) {
    const say = refused === 1 ? 'says' : 'say';
    return `No: a rotation of ${log} would not get through. ${refused} of ${counted(checks.length, 'check')} ${say} why${besides}. Nothing has been changed.`;
  }
  const { probablyMs, criticalSectionMs, atMostMs } = writesWait;
  const before = lastRotation?.longestWaitMs ?? null;
  const measured = before === null ? '' : ` (${spoken(before)} in the last one)`;
  const probably =
    probablyMs === null ? 'for how long is not known' : `probably some ${spoken(probablyMs)}${measured}`;
  const writes =
    atMostMs === null
      ? `no gate holds writes: they would fail ${probably}, and while clients are led to the next release`
      : `writes would wait ${probably}, ${spoken(atMostMs)} at most`;
  return `Yes: a rotation of ${log} would begin (${standing(checks)}), and ${writes}; one that is not through in ${spoken(criticalSectionMs)} is taken back.`;
}

/** What is to be known of the checks of which none refuses. */
function standing(checks: readonly Check[]): string {
  const of = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
  const [warnings, notSeen] = [of('warning'), of('notSeen')];
  const rest = notSeen === 0 ? '' : `, ${notSeen} not seen`;
  return warnings > 0
    ? `${counted(warnings, 'warning')}${rest}`
    : `${counted(checks.length, 'check')}, ${notSeen === 0 ? 'all right' : `none against it${rest}`}`;
}

/** The checks that stand otherwise than before, numbers apart: sizes and times move all the time. */
export function changesSince(before: readonly Check[], now: readonly Check[]): Check[] {
  const seen = new Set(before.map(identityOf));
  return now.filter((check) => !seen.has(identityOf(check)));
}

function identityOf(check: Check): string {
  const words = isFailed(check) ? [check.reason, check.found.replace(/\d+(\.\d+)?/g, '#')] : [];
  return [check.code, check.state, ...words].join('|');
}
