import { BLANK, ends, listed } from './details';
import { watchedText } from './model/lull';
import type { ScheduledOutcome, ScheduledResult } from './model/scheduled';

/** How each outcome is put into a heading. */
const endings: Readonly<Record<ScheduledOutcome, string>> = {
  ...ends,
  skipped: 'skipped, nothing was changed',
};

/** The current details of a scheduled rotation, as Markdown: what it does or how it ended, and what it saw. */
export function scheduledDetailsOf(log: string, state: string, result?: ScheduledResult): string {
  const paragraphs = [
    `**Scheduled rotation of ${log}** - ${result ? `ended: ${endings[result.outcome]}` : state}`,
    ...(result ? [result.reason] : []),
    ...listed('What it saw:', result ? seen(result) : []),
    BLANK,
  ];
  return paragraphs.join('\n\n');
}

function seen({ due, window, rotation }: ScheduledResult): string[] {
  return [
    ...(due ? [due.because] : []),
    ...(window ? [`The window is ${window.text}.`] : []),
    ...(rotation?.watched ? [watchedText(rotation.watched)] : []),
    ...(rotation ? [`The rotation was the workflow ${rotation.workflowId}.`] : []),
  ];
}
