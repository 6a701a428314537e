import type { Progress } from '../workflows/messages';
import { guardianLines } from './guardian-status';
import { heldLines } from './held-text';
import type { LogStatus } from './log-status';
import { pausedText } from './paused-text';
import { stepLines, resultText } from './result-text';
import type { Terminal } from './terminal';
import { ago, spoken, table, wrap, type Row } from './text';
import { whenText } from './times';
import { waitingHead, waitingLines } from './waiting-text';
import { workerLines } from './worker-status';

/** Whoever reads it: how wide their lines are, and their time zone. */
type Reader = Pick<Terminal, 'columns' | 'timeZone'>;

/** One log's state for people. */
export function statusText(status: LogStatus, reader: Reader, now = new Date()): string {
  const { log, state, what = 'rotation', result } = status;
  const { columns } = reader;
  const dryRuns = (status.dryRuns ?? []).map((workflowId): Row => [
    '  Dry run',
    `${workflowId} looks; it changes nothing`,
  ]);
  const guardian = [
    ...workerLines(status.worker, columns, now),
    ...table(dryRuns, columns),
    ...otherLines(status, reader),
    ...guardianLines(status.guardian, columns),
  ];
  const started: Row = ['  Started', timesText(status)];
  switch (state) {
    case 'never':
      return [...wrap(`${log}: no rotation that Temporal remembers.`, columns), ...guardian].join('\n');
    case 'ended':
      return [
        ...wrap(`${log}: the last ${what} ended${endText(status, now)}.`, columns),
        ...table([started], columns),
        ...troubleLines(status, columns),
        ...guardian,
        ...(result ? ['', resultText(result, columns)] : []),
      ].join('\n');
    case 'preparing':
    case 'running':
      return [
        ...wrap(`${log}: ${openText(status)}.`, columns),
        ...table([['  Workflow', status.workflowId], ['  Started by', status.startedBy], started], columns),
        ...troubleLines(status, columns),
        ...guardian,
        ...(status.progress ? progressLines(status.progress, reader) : []),
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

function timesText({ startedAt, endedAt, tookMs = 0 }: LogStatus): string | undefined {
  const took = `${endedAt === undefined ? 'running for' : 'took'} ${spoken(tookMs)}`;
  return startedAt && `at ${startedAt}, ${took}`;
}

function troubleLines({ log, state, paused, problem, result, worker }: LogStatus, columns: number): string[] {
  // That no worker is there is said once, with since when.
  const isSaid = state !== 'ended' && worker.polls === false;
  const left = `What it left half way is found by \`rekor-rotate recover ${log} --dry-run\`.`;
  return [
    ...(paused ? wrap(pausedText(log, paused), columns, '  ') : []),
    ...(problem === undefined || isSaid ? [] : wrap(problem, columns, '  ')),
    ...(state === 'ended' && !result ? wrap(left, columns, '  ') : []),
  ];
}

/** Rotations that wait beside what is told of: what for, and until when. */
function otherLines({ others = [] }: LogStatus, { columns, timeZone }: Reader): string[] {
  const rows = others.map(({ workflowId, progress }): Row => {
    const waiting = progress?.waiting;
    const does = waiting ? waitingHead(waiting, timeZone) : (progress?.phase ?? 'no worker answers');
    return ['  Also', `${progress?.rotationId ?? workflowId}: ${does}`];
  });
  return table(rows, columns);
}

function progressLines(progress: Progress, { columns, timeZone }: Reader): string[] {
  const { log, waiting, held } = progress;
  const rows: readonly Row[] = [
    ['  Rotation', progress.rotationId ?? 'not named yet'],
    ['  Step', `${progress.phase}, attempt ${progress.attempt}, since ${whenText(progress.since, timeZone)}`],
    ['  Note', progress.note],
    ['  Cancel', progress.cancelWould],
  ];
  return [
    ...table(rows, columns),
    ...stepLines(progress.steps, progress.attempt > 1, columns - 2).map((line) => `  ${line}`),
    ...(waiting === null ? [] : ['', ...waitingLines(progress, columns, timeZone)]),
    ...(held === null ? [] : ['', ...heldLines(log, held, columns)]),
  ];
}
