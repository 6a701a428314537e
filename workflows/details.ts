import type { Progress } from './messages';
import type { Held } from './model/held';
import type { Outcome } from './model/result';
import { type StepRecord, stepName, stepRemark } from './model/steps';

/** How each outcome is put into a heading. */
const ends: Readonly<Record<Outcome, string>> = {
  completed: 'completed',
  superseded: 'completed with a third tree (superseded)',
  rolledBack: 'rolled back',
  refused: 'refused, nothing was changed',
  planned: 'planned, nothing was changed',
  held: 'held, given up by a person',
  notNeeded: 'nothing was to do (notNeeded)',
};

/** A no-break space: Markdown renders a paragraph of it, and drops one of plain spaces. */
const BLANK = '\u00a0';

/**
 * The current details of a rotation, as Markdown. What a person acts on comes first: the state, what Cancel would do, what
 * is held and how to answer; the steps follow. Temporal's UI (2.42.1) cuts off the last 30 pixels of its frame, so the last
 * paragraph is blank.
 */
export function detailsOf(progress: Progress): string {
  const { rotationId, log, phase, attempt, result, note, held } = progress;
  const state = result
    ? `ended: ${ends[result.outcome]}`
    : attempt > 1
      ? `${phase}, attempt ${attempt}`
      : phase;
  const steps = result?.steps ?? progress.steps;
  const paragraphs = [
    `**${rotationId ?? 'Rotation'} of ${log}** - ${state}`,
    result ? result.reason : progress.cancelWould,
    ...(note === null || result?.reason.includes(note) ? [] : [note]),
    ...(held === null ? [] : heldParagraphs(held)),
    ...listed(
      'Steps:',
      steps.map((step) => stepText(step, steps)),
    ),
    BLANK,
  ];
  return paragraphs.join('\n\n');
}

function heldParagraphs({ step, tries, since, reason, choices, state, commands }: Held): string[] {
  return [
    `**Held: ${step}**, after ${tries} tries since ${since}. It keeps trying by itself.`,
    `${reason.message} ${reason.remedy}`,
    `To decide, send the Update \`resume\` with \`{"choice": "...", "who": "...", "why": "..."}\`. The choice is one of ${choices.join(', ')}.`,
    ...listed('What is there now:', state),
    ...listed(
      'By hand:',
      commands.map((command) => `\`${command}\``),
    ),
  ];
}

function stepText(step: StepRecord, steps: readonly StepRecord[]): string {
  const remark = stepRemark(step, steps);
  const time = step.kind === 'said' ? '' : `: ${step.ms} ms`;
  return `${stepName(step)}${time}${remark === '' ? '' : ` (${remark})`}`;
}

/** Without an empty line before it, the UI takes a list for a part of the paragraph. */
function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, items.map((item) => `- ${item}`).join('\n')];
}
