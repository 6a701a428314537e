import type { Progress } from '../workflows/messages';
import { stepName, stepRemark } from '../workflows/model/steps';
import { heldLines, heldPicture } from './held-text';
import { stepLines } from './result-text';
import { spoken, wrap } from './text';

/** What a terminal shows of a running rotation, redrawn as a whole. `sinceMs`: how long the phase has been seen. */
export function progressPicture(progress: Progress, sinceMs: number, columns: number): string[] {
  const attempt = progress.attempt > 1 ? ` (attempt ${progress.attempt})` : '';
  return [
    `Rotating ${progress.log}${progress.rotationId ? `: ${progress.rotationId}` : ''}${attempt}`,
    ...stepLines(progress.steps, progress.attempt > 1),
    `> ${progress.phase.padEnd(30)} ${spoken(sinceMs).padStart(12)}`,
    ...(progress.note === null ? [] : wrap(progress.note, columns, '  ')),
    ...(progress.held === null ? [] : heldPicture(progress.log, progress.held, columns)),
    ...wrap(`${progress.cancelWould} Ctrl-C only stops watching.`, columns),
  ];
}

/** What a pipe is told: a line for what is new since the last look. */
export function progressNews(before: Progress | undefined, now: Progress): string[] {
  const steps = now.steps.slice(before?.steps.length ?? 0).map((step) => {
    const remark = stepRemark(step, now.steps);
    return `attempt ${step.attempt}: ${stepName(step)} in ${spoken(step.ms)}${remark === '' ? '' : `; ${remark}`}`;
  });
  const phase = now.phase !== before?.phase && now.phase !== 'ended' ? [`${now.phase} ...`] : [];
  const note = now.note !== null && now.note !== before?.note ? [now.note] : [];
  return [...steps, ...note, ...phase, ...heldNews(before?.held ?? null, now)].map(
    (line) => `${now.log}: ${line}`,
  );
}

/** Every failed try changes what is held; only another step or another reason is news. */
function heldNews(before: Progress['held'], { log, held }: Progress): string[] {
  if (held === null) {
    return before === null ? [] : [`${before.step} is no longer held`];
  }
  const known = before?.step === held.step && before.reason.message === held.reason.message;
  return known ? [] : heldLines(log, held, Infinity).filter((line) => line !== '');
}
