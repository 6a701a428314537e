import type { Progress } from '../workflows/messages';
import { stepName, stepRemark } from '../workflows/model/steps';
import { stepNames } from '../workflows/rotation';
import { heldLines, heldPicture } from './held-text';
import { stepLines } from './result-text';
import { spoken, wrap } from './text';
import { waitingLines, waitingNews } from './waiting-text';

/** A look at a running rotation, for a terminal that is redrawn. */
export interface Look {
  /** How long the phase has been seen; milliseconds. */
  readonly sinceMs: number;
  readonly columns: number;
  readonly timeZone: string;
}

/** What turns while something goes on. */
const SPINNER = ['-', '\\', '|', '/'] as const;

/** So long each of them is shown; milliseconds. */
const TURN_MS = 300;

/** What a terminal shows of a running rotation, redrawn as a whole. */
export function progressPicture(progress: Progress, { sinceMs, columns, timeZone }: Look): string[] {
  const { log, rotationId, phase, attempt, steps, note, held } = progress;
  const attempts = attempt > 1 ? ` (attempt ${attempt})` : '';
  const turn = SPINNER[Math.floor(sinceMs / TURN_MS) % SPINNER.length];
  return [
    ...wrap(`Rotating ${log}${rotationId === null ? '' : `: ${rotationId}`}${attempts}`, columns),
    ...barLines(progress),
    ...stepLines(steps, attempt > 1, columns),
    `${turn} ${phase.padEnd(30)} ${spoken(sinceMs).padStart(12)}`,
    ...(note === null ? [] : wrap(note, columns, '  ')),
    ...waitingLines(progress, columns, timeZone),
    ...(held === null ? [] : heldPicture(log, held, columns)),
    ...wrap(`${progress.cancelWould} Ctrl-C only stops watching.`, columns),
  ];
}

/** How many of the steps are done and not undone; nothing before the first. */
function barLines({ steps }: Progress): string[] {
  const done = new Set<string>();
  for (const { name, kind } of steps) {
    if (kind === 'done') {
      done.add(name);
    } else if (kind === 'undone') {
      done.delete(name);
    }
  }
  const known = stepNames.filter((name) => done.has(name)).length;
  const bar = '#'.repeat(known) + '.'.repeat(stepNames.length - known);
  return known === 0 ? [] : [`  [${bar}] ${known} of ${stepNames.length} steps`];
}

/** What a pipe is told: a line for what is new since the last look. */
export function progressNews(before: Progress | undefined, now: Progress, timeZone: string): string[] {
  const steps = now.steps.slice(before?.steps.length ?? 0).map((step) => {
    const remark = stepRemark(step, now.steps);
    return `attempt ${step.attempt}: ${stepName(step)} in ${spoken(step.ms)}${remark === '' ? '' : `; ${remark}`}`;
  });
  const phase = now.phase !== before?.phase && now.phase !== 'ended' ? [`${now.phase} ...`] : [];
  // While it waits, what is seen meanwhile is no news; how the wait ended is.
  const note = now.note !== null && now.note !== before?.note && now.waiting === null ? [now.note] : [];
  const waits = waitingNews(before?.waiting ?? null, now, timeZone);
  const waitEnded = now.waiting === null ? waits : [];
  const waitBegan = now.waiting === null ? [] : waits;
  return [
    ...steps,
    ...waitEnded,
    ...note,
    ...phase,
    ...waitBegan,
    ...heldNews(before?.held ?? null, now),
  ].map((line) => `${now.log}: ${line}`);
}

/** Every failed try changes what is held; only another step or another reason is news. */
function heldNews(before: Progress['held'], { log, held }: Progress): string[] {
  if (held === null) {
    return before === null ? [] : [`${before.step} is no longer held`];
  }
  const known = before?.step === held.step && before.reason.message === held.reason.message;
  return known ? [] : heldLines(log, held, Infinity).filter((line) => line !== '');
}
