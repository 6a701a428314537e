import type { Progress } from './messages';
import type { Held } from './model/held';
import { editedText } from './model/plan-settings';
import type { Outcome, RotationResult } from './model/result';
import type { WriteStall } from './model/evidence';
import { refusedText } from './model/refused-writes';
import { notToldText } from './model/writes-over';
import { type StepRecord, stepName, stepRemark } from './model/steps';
import { inSeconds, lasting } from './model/times';
import { waitedFor } from './model/waiting';

/** How each outcome is put into a heading. */
export const ends: Readonly<Record<Outcome, string>> = {
  completed: 'completed',
  superseded: 'completed with a third tree (superseded)',
  rehearsed: 'rehearsed, and taken back',
  rolledBack: 'rolled back',
  refused: 'refused, nothing was changed',
  skipped: 'skipped, nothing was changed',
  planned: 'planned, nothing was changed',
  held: 'held, given up by a person',
  notNeeded: 'nothing was to do (notNeeded)',
};

/** A no-break space: Markdown renders a paragraph of it, and drops one of plain spaces. */
export const BLANK = '\u00a0';

/**
 * The current details of a rotation, as Markdown. What a person acts on comes first: the state, what Cancel would do, what
 * is held and how to answer; the steps follow. Temporal's UI (2.42.1) cuts off the last 30 pixels of its frame, so the last
 * paragraph is blank.
 */
export function detailsOf(progress: Progress): string {
  const { rotationId, log, result, note, waiting, held, carriedOutBy } = progress;
  const steps = result?.steps ?? progress.steps;
  const paragraphs = [
    `**${rotationId ?? 'Rotation'} of ${log}** - ${stateText(progress)}`,
    result ? result.reason : progress.cancelWould,
    ...(note === null || result?.reason.includes(note) ? [] : [note]),
    ...(carriedOutBy === null ? [] : carriedOutText(carriedOutBy, result)),
    ...(waiting === null ? [] : [waiting.text]),
    ...(held === null ? [] : heldParagraphs(held)),
    ...takenParagraphs(progress),
    // Paragraphs are wider than items of a list: a line with the hash of a plan in it fits in just so.
    ...(waiting?.commands ?? []).flatMap(({ title, lines }) => [
      `${title}:`,
      ...lines.map((line) => `\`${line}\``),
    ]),
    ...(result === null ? [] : figures(result)),
    ...listed(
      'Steps:',
      steps.map((step) => stepText(step, steps)),
    ),
    BLANK,
  ];
  return paragraphs.map(withShortHashes).join('\n\n');
}

/** So many digits of a hash stand in a sentence. */
const HASH_DIGITS = 16;

/**
 * A hash has no place at which a line breaks, and in the letters of a sentence it is wider than the UI's column, which cuts it
 * off. What is to be copied is in the narrow letters of code and stays whole; of any other only the first digits are told.
 */
function withShortHashes(paragraph: string): string {
  return paragraph
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`')
        ? part
        : part.replace(/\b[0-9a-f]{64}\b/g, (hash) => `${hash.slice(0, HASH_DIGITS)}\u2026`),
    )
    .join('');
}

/** What it does, since when, and until when that lasts. Workflows know the time of their last event only, so no clock runs here. */
function stateText({ phase, since, until, attempt, result, waiting, held }: Progress): string {
  if (result) {
    return `ended: ${ends[result.outcome]}`;
  }
  const attempts = attempt > 1 ? `, attempt ${attempt}` : '';
  if (held) {
    return `held: ${held.step}${attempts}`;
  }
  return waiting
    ? `waits for ${waitedFor[waiting.for]}${attempts}, ${spanText(waiting, 'at most')}. Nothing has failed.`
    : `${phase}${attempts}, ${spanText({ since, until }, 'if nothing fails')}`;
}

function spanText({ since, until }: Pick<Progress, 'since' | 'until'>, condition: string): string {
  const [from, to] = [Date.parse(since), until === null ? null : Date.parse(until)];
  return to === null
    ? `since ${inSeconds(from)}`
    : `since ${inSeconds(from)}, until ${inSeconds(to)} ${condition} (${lasting(to - from)})`;
}

function carriedOutText(workflowId: string, result: RotationResult | null): string[] {
  if (result === null) {
    return [`It is carried out by the workflow \`${workflowId}\`, which shows its steps.`];
  }
  return result.attempts === 0
    ? []
    : [`It was carried out by the workflow \`${workflowId}\`, whose timeline has its steps.`];
}

function takenParagraphs({ takes }: Progress): string[] {
  return listed(
    'Updates that it takes now. `until` is a time in UTC at which one is void. It counts when it stands in the history.',
    takes.map(({ update, input }) => `\`${update}\` with \`${input}\``),
  );
}

/** What a result says in figures. */
function figures({
  nextTree,
  steps,
  writes,
  nextTreeVisibleMs,
  approvals = [],
  edited,
  interventions,
}: RotationResult): string[] {
  return listed('Figures and people:', [
    ...(nextTree ? [`active tree ${nextTree.treeId}, from virtual index ${nextTree.firstIndex} on`] : []),
    ...(writes ? [writesText(writes, steps)] : []),
    ...(nextTreeVisibleMs === undefined
      ? []
      : [`a next tree that was taken back may have been seen for ${nextTreeVisibleMs} ms`]),
    ...(edited ? [`edited in its plan file: ${editedText(edited)}`] : []),
    ...approvals.map(
      ({ who, key, takenAt }) =>
        `approved by ${who} at ${inSeconds(Date.parse(takenAt))}${key === null ? ', as they say: nobody checked that' : ` with ${key}`}`,
    ),
    ...interventions.map(
      ({ instruction, choice = '', step = '', who, why, at }) =>
        `${[instruction, choice, step].filter((word) => word !== '').join(' ')}, by ${who} at ${inSeconds(Date.parse(at))}: ${why}`,
    ),
  ]);
}

/** What clients paid, over all attempts. */
function writesText(writes: WriteStall, steps: RotationResult['steps']): string {
  const { stallMs, longestWaitMs, held, refused } = writes;
  const counts = `${held} held, ${refusedText(writes)}${notToldText(steps)}`;
  if (held + refused === 0) {
    return `no write had to wait: ${counts}`;
  }
  const stall = stallMs === null ? 'for a time whose end was not seen' : `${stallMs} ms`;
  return `writes waited ${stall}, the longest ${longestWaitMs} ms; ${counts}`;
}

function heldParagraphs({ step, tries, since, reason, choices, state, commands }: Held): string[] {
  return [
    `**Held: ${step}**, after ${tries} tries since ${inSeconds(Date.parse(since))}. It keeps trying by itself.`,
    `${reason.message} ${reason.remedy}`,
    `To decide, send the Update \`resume\`. Its choice is one of ${choices.join(', ')}.`,
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
export function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, items.map((item) => `- ${item}`).join('\n')];
}
