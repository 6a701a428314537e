import type { Progress } from '../workflows/messages';
import { stepLine } from './result-text';
import { spoken, wrap } from './text';

/** What a terminal shows of a running rotation, redrawn as a whole. `sinceMs`: how long the phase has been seen. */
export function progressPicture(progress: Progress, sinceMs: number, columns: number): string[] {
  const attempt = progress.attempt > 1 ? ` (attempt ${progress.attempt})` : '';
  return [
    `Rotating ${progress.log}${progress.rotation ? `: ${progress.rotation}` : ''}${attempt}`,
    ...progress.steps.map((step) => stepLine(step, progress.attempt > 1)),
    `> ${progress.phase.padEnd(30)} ${spoken(sinceMs).padStart(12)}`,
    ...(progress.note === null ? [] : wrap(progress.note, columns, '  ')),
    ...wrap(`${progress.cancelWould} Ctrl-C only stops watching.`, columns),
  ];
}

/** What a pipe is told: a line for what is new since the last look. */
export function progressNews(before: Progress | undefined, now: Progress): string[] {
  const steps = now.steps
    .slice(before?.steps.length ?? 0)
    .map(
      ({ name, ms, kind, attempt }) =>
        `${now.log}: attempt ${attempt}: ${kind === 'undone' ? 'undid ' : ''}${name} in ${spoken(ms)}`,
    );
  const phase = now.phase !== before?.phase && now.phase !== 'ended' ? [`${now.log}: ${now.phase} ...`] : [];
  const note = now.note !== null && now.note !== before?.note ? [`${now.log}: ${now.note}`] : [];
  return [...steps, ...note, ...phase];
}
