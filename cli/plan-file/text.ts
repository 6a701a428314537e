import { Document, isMap, isScalar } from 'yaml';
import { sealsOf } from '../../activities/plan-file';
import { entries } from '../../workflows/model/counted';
import type { Plan } from '../../workflows/model/plan';
import {
  fixedPartsInWords,
  fixedPlan,
  PLAN_FILE_VERSION,
  type PlanFile,
} from '../../workflows/model/plan-file';
import { editableSettings, plannedSettings, settingsInWords } from '../../workflows/model/plan-settings';
import { wrap } from '../text';

/** The file of a plan that nobody has edited yet. */
export function planFileOf(plan: Plan): PlanFile {
  const fixed = fixedPlan(plan);
  return { version: PLAN_FILE_VERSION, edit: plannedSettings(plan.log, plan), fixed, seals: sealsOf(fixed) };
}

/** The file as it is written: YAML that says of each part what may be edited; JSON, which has no comments, on demand. */
export function planFileText(plan: Plan, form: 'yaml' | 'json', now: Date): string {
  const file = planFileOf(plan);
  return form === 'json' ? `${JSON.stringify(file, null, 2)}\n` : yamlOf(plan, file, now);
}

const COLUMNS = 100;

function yamlOf(plan: Plan, file: PlanFile, now: Date): string {
  const { log, currentTree } = plan;
  const document = new Document(JSON.parse(JSON.stringify(file)));
  document.commentBefore = commentOf(
    `A plan to rotate ${log}, written at ${now.toISOString()}. Tree ${currentTree.treeId} had ${entries(currentTree.size)} then.`,
    `Look at it, edit what stands under edit, and run it with: rekor-rotate rotate ${log} --plan FILE`,
    'Everything else is refused when it was edited, and when the log is no longer so.',
  );
  const editable = editableSettings(plannedSettings(log, plan), plan.approvals);
  remark(document, [], 'edit', 'What may be edited. A line that is taken out is as planned.');
  for (const [name, about] of entriesOf(settingsInWords)) {
    remark(document, ['edit'], name, `${about} Allowed: ${editable[name].allowed}.`);
  }
  remark(document, [], 'fixed', 'What must not be edited: it follows from the log and its configuration.');
  for (const [name, about] of entriesOf(fixedPartsInWords)) {
    remark(document, ['fixed'], name, about);
  }
  remark(
    document,
    [],
    'seals',
    'Of each part of fixed: they tell what was edited from a log that has moved on.',
  );
  return document.toString({ lineWidth: 0 });
}

/** Puts a comment before a field. */
function remark(document: Document, within: readonly string[], name: string, text: string): void {
  const map = within.length === 0 ? document.contents : document.getIn(within, true);
  const pair = isMap(map) ? map.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
  if (pair && isScalar(pair.key)) {
    pair.key.commentBefore = commentOf(text);
    pair.key.spaceBefore = within.length === 0;
  }
}

function commentOf(...sentences: readonly string[]): string {
  return sentences.flatMap((sentence) => wrap(sentence, COLUMNS, ' ')).join('\n');
}

function entriesOf<Name extends string>(record: Readonly<Record<Name, string>>): [Name, string][] {
  return Object.entries(record) as [Name, string][];
}
