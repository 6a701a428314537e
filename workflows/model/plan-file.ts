import type { ApprovalPolicy } from './approval';
import { fieldProblems, logField, type Field } from './fields';
import type { DrainEvidence } from './drain';
import { bytesOverPlanFile } from './fitting';
import type { Change, Roles } from './installation';
import type { Shard, TreeId } from './log';
import type { Ownership } from './ownership';
import {
  editableSettings,
  plannedSettings,
  settingNames,
  widestSettings,
  type EditableTiming,
  type PlanSettings,
} from './plan-settings';
import { refusal, type Refusal } from './refusals';
import { shown } from './shown';

/** The form of the file; another one is refused. */
export const PLAN_FILE_VERSION = 1;

/** A plan as a person keeps, edits and runs it: the field `planFile` of a request (docs/plan-file.md). */
export interface PlanFile {
  readonly version: typeof PLAN_FILE_VERSION;
  /** What a person may edit. A setting that is left out is as planned. */
  readonly edit?: Partial<PlanSettings> | null;
  /** What must be planned anew just so when it runs. */
  readonly fixed: FixedPlan;
  /** SHA-256, shortened, over each part of `fixed`: tells what a person has edited from a log that has moved on. */
  readonly seals: Readonly<Record<FixedPart, string>>;
}

/** What of a plan no person decides. Nothing that moves by itself is in it, such as sizes. */
export interface FixedPlan extends Pick<Roles, 'current' | 'next' | 'replaced'> {
  readonly log: string;
  readonly currentTree: TreeId;
  /** The earlier shards in served order. */
  readonly shards: readonly Shard[];
  /** All that will be written and run; of what is copied only `files` tells. */
  readonly changes: readonly Omit<Change, 'content'>[];
  /** Changes with each file that the next release is derived from or replaces. */
  readonly files: string;
  /** The settings as they were planned. */
  readonly settings: PlanSettings;
  /** What else is configured. */
  readonly configuration: {
    readonly stopCurrentAfterMs: number;
    readonly maxRootDurationMs: number;
    readonly drainedBy: DrainEvidence['by'];
    readonly approvals: Omit<ApprovalPolicy, 'required'>;
    /** Who else writes what is changed, and what to commit afterwards. */
    readonly ownership?: Ownership;
  };
  /** The hash of the plan without edits. */
  readonly planHash: string;
}

export type FixedPart = keyof FixedPlan;

/** Each part of `fixed` in the order of the file, and what it is, for whoever reads that. */
export const fixedPartsInWords: Readonly<Record<FixedPart, string>> = {
  log: 'The log in the configuration.',
  currentTree: 'The active tree, which the rotation ends.',
  shards: 'The earlier shards, in served order: their order and lengths decide every index.',
  current: 'What serves now.',
  next: 'What will serve.',
  replaced: 'Whose place the current one took.',
  changes: 'What will be written and run.',
  files: 'SHA-256 over the files that this is derived from or replaces.',
  settings: 'The settings as they were planned, for comparison with those under edit.',
  configuration: 'What else is configured, and who else writes it.',
  planHash: 'The hash of the plan without edits.',
};

export const fixedPartNames = Object.keys(fixedPartsInWords) as readonly FixedPart[];

/** As much of a plan as its file has. */
interface Filed {
  readonly log: string;
  readonly hash: string;
  readonly currentTree: { readonly treeId: TreeId };
  readonly maxRootDurationMs: number;
  readonly inactive: readonly Shard[];
  readonly installation: Roles;
  readonly changes: readonly Change[];
  readonly fingerprint: string;
  readonly ownership?: Ownership;
  readonly drainEvidence: Pick<DrainEvidence, 'by'>;
  readonly timing: EditableTiming & { readonly stopCurrentAfterMs: number };
  readonly approvals: ApprovalPolicy;
}

/** The fixed part of a plan that nobody has edited. */
export function fixedPlan(plan: Filed): FixedPlan {
  const { log, hash, currentTree, inactive, installation, changes, fingerprint, timing } = plan;
  const { current, next, replaced } = installation;
  const { expireMs, approvers } = plan.approvals;
  return {
    log,
    currentTree: currentTree.treeId,
    shards: inactive,
    ...{ current, next, replaced },
    changes: changes.map(({ step, kind, what, target, removed, added }) => ({
      ...{ step, kind, what, target, removed, added },
    })),
    files: fingerprint,
    settings: plannedSettings(log, plan),
    configuration: {
      stopCurrentAfterMs: timing.stopCurrentAfterMs,
      maxRootDurationMs: plan.maxRootDurationMs,
      drainedBy: plan.drainEvidence.by,
      approvals: { expireMs, approvers },
      ...(plan.ownership && { ownership: plan.ownership }),
    },
    planHash: hash,
  };
}

/**
 * Everything that is wrong with the form of what somebody gave as the plan file for a log. Its values are judged later, by what
 * is planned then; where its form is wrong it does not come to that, so those under `edit` are told at once with the rest.
 */
export function planFileProblems(file: unknown, log: string): Refusal[] {
  const tooLong = bytesOverPlanFile(file);
  if (tooLong) {
    return [refusal('PLAN_FILE_TOO_LONG', tooLong)];
  }
  if (!isObject(file)) {
    return [invalidInFile('content', file, WRITTEN)];
  }
  const problems = problemsIn(file, fileFields, ['version', 'fixed', 'seals'], '');
  const { version, edit, fixed, seals } = file as Partial<Record<keyof PlanFile, unknown>>;
  if (version !== PLAN_FILE_VERSION) {
    // The rest is of a form that nobody knows here.
    return problems;
  }
  const form = [...problems, ...partProblems({ edit, fixed, seals }, log)];
  return form.length === 0 ? [] : [...form, ...editedValueProblems(edit, fixed)];
}

function partProblems(
  { edit, fixed, seals }: Partial<Record<keyof PlanFile, unknown>>,
  log: string,
): Refusal[] {
  const editable = Object.fromEntries<Field>(
    settingNames.map((name) => [name, { allowed: '', fits: () => true }]),
  );
  const parts = { ...fieldsOf(isThere), settings: fileFields.fixed, log: logField };
  return [
    ...(isObject(edit) ? problemsIn(edit, editable, [], 'edit') : []),
    ...(isObject(fixed) ? problemsIn(fixed, parts, fixedPartNames, 'fixed') : []),
    ...(isObject(seals) ? problemsIn(seals, fieldsOf(isSeal), fixedPartNames, 'seals') : []),
    ...(isObject(fixed) && typeof fixed['log'] === 'string' && fixed['log'] !== '' && fixed['log'] !== log
      ? [invalidInFile('fixed.log', fixed['log'], `${shown(log)}, the log that was asked for`)]
      : []),
  ];
}

/** As many as approvals may ask for. */
const WITH_APPROVERS = { approvers: { length: 2 } };

/** The values under `edit` that no log would take that was planned as the file says, as far as that can be read there. */
function editedValueProblems(edit: unknown, fixed: unknown): Refusal[] {
  const settings = isObject(fixed) && isObject(fixed['settings']) ? fixed['settings'] : {};
  const widest = editableSettings(widestSettings, WITH_APPROVERS);
  const planned = Object.fromEntries(
    settingNames.map((name) => [
      name,
      widest[name].fits(settings[name]) ? settings[name] : widestSettings[name],
    ]),
  ) as unknown as PlanSettings;
  return isObject(edit) ? unfitSettings(edit, settings, editableSettings(planned, WITH_APPROVERS)) : [];
}

/** The values under `edit` that may not be. What was planned is no edit, whatever it is. */
export function unfitSettings(
  edit: Readonly<Record<string, unknown>>,
  planned: Readonly<Record<string, unknown>>,
  editable: ReturnType<typeof editableSettings>,
): Refusal[] {
  return settingNames
    .filter(
      (name) => edit[name] !== undefined && edit[name] !== planned[name] && !editable[name].fits(edit[name]),
    )
    .map((name) => invalidInFile(`edit.${name}`, edit[name], editable[name].allowed));
}

const WRITTEN = 'what `rekor-rotate plan NAME --out FILE` has written';

/** The refusal of a value in a plan file. */
export function invalidInFile(field: string, value: unknown, allowed: string): Refusal {
  return refusal('PLAN_FILE_INVALID', { field, value: shown(value), allowed });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fileFields = {
  version: { allowed: String(PLAN_FILE_VERSION), fits: (value) => value === PLAN_FILE_VERSION },
  edit: { allowed: 'the settings that are edited', fits: (value) => value === null || isObject(value) },
  fixed: { allowed: 'what rekor-rotate has written there', fits: isObject },
  seals: { allowed: 'what rekor-rotate has written there', fits: isObject },
} satisfies Record<keyof PlanFile, Field>;

const isThere: Field = {
  allowed: 'what rekor-rotate has written there',
  fits: (value) => value !== undefined,
};

const isSeal: Field = {
  allowed: 'the 16 hex digits that rekor-rotate has written there',
  fits: (value) => typeof value === 'string' && /^[0-9a-f]{16}$/.test(value),
};

function fieldsOf(field: Field): Readonly<Record<string, Field>> {
  return Object.fromEntries(fixedPartNames.map((name) => [name, field]));
}

function problemsIn(
  value: unknown,
  taken: Readonly<Record<string, Field>>,
  required: readonly string[],
  within: string,
): Refusal[] {
  return fieldProblems(value, taken, required, WRITTEN, within, invalidInFile);
}
