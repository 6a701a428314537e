import type { Progress } from '../workflows/messages';
import { guardianLines } from './guardian-status';
import { heldLines } from './held-text';
import type { LogStatus } from './log-status';
import { pausedText } from './paused-text';
import { stepLines, resultText } from './result-text';
import { ago, field, spoken, wrap } from './text';

/** One log's state for people. */
export function statusText(status: LogStatus, columns: number, now = new Date()): string {
  const { log, state, what = 'rotation', result } = status;
  const dryRuns = (status.dryRuns ?? []).flatMap((workflowId) =>
    field('  Dry run', `${workflowId} looks; it changes nothing`, columns),
  );
  const guardian = [...dryRuns, ...guardianLines(status.guardian, columns)];
  switch (state) {
    case 'never':
      return [...wrap(`${log}: no rotation that Temporal remembers.`, columns), ...guardian].join('\n');
    case 'ended':
      return [
        ...wrap(`${log}: the last ${what} ended${endText(status, now)}.`, columns),
        ...timeLines(status, columns),
        ...troubleLines(status, columns),
        ...guardian,
        ...(result ? ['', resultText(result, columns)] : []),
      ].join('\n');
    case 'preparing':
    case 'running':
      return [
        ...wrap(`${log}: ${openText(status)}.`, columns),
        ...field('  Workflow', status.workflowId ?? '', columns),
        ...(status.startedBy === undefined ? [] : field('  Started by', status.startedBy, columns)),
        ...timeLines(status, columns),
        ...troubleLines(status, columns),
        ...guardian,
        ...(status.progress ? progressLines(status.progress, columns) : []),
      ].join('\n');
  }
}

function endText({ endedAt, result }: LogStatus, now: Date): string {
  const when =
    endedAt === undefined ? '' : ` at ${endedAt}, ${ago(now.getTime() - new Date(endedAt).getTime())}`;
  return result ? when : `${when}, without a result`;
}

function openText({ state, what = 'rotation' }: LogStatus): string {
  return state === 'running' ? `a ${what} runs` : `a ${what} is being prepared`;
}

function timeLines({ startedAt, endedAt, tookMs = 0 }: LogStatus, columns: number): string[] {
  if (startedAt === undefined) {
    return [];
  }
  const took = `${endedAt === undefined ? 'running for' : 'took'} ${spoken(tookMs)}`;
  return field('  Started', `at ${startedAt}, ${took}`, columns);
}

function troubleLines({ log, state, paused, problem, result }: LogStatus, columns: number): string[] {
  const left = `What it left half way is found by \`rekor-rotate recover ${log} --dry-run\`.`;
  return [
    ...(paused ? wrap(pausedText(log, paused), columns, '  ') : []),
    ...(problem === undefined ? [] : wrap(problem, columns, '  ')),
    ...(state === 'ended' && !result ? wrap(left, columns, '  ') : []),
  ];
}

function progressLines(progress: Progress, columns: number): string[] {
  return [
    ...field('  Rotation', progress.rotationId ?? 'not named yet', columns),
    ...field('  Step', `${progress.phase}, attempt ${progress.attempt}`, columns),
    ...(progress.note === null ? [] : field('  Note', progress.note, columns)),
    ...field('  Cancel', progress.cancelWould, columns),
    ...stepLines(progress.steps, progress.attempt > 1).map((line) => `  ${line}`),
    ...(progress.held === null ? [] : ['', ...heldLines(progress.log, progress.held, columns)]),
  ];
}
