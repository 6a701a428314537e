import type { ApprovalPolicy } from './approval';
import { checked, type Check } from './checks';
import type { PlanFile, FixedPart, FixedPlan } from './plan-file';
import { fixedPartNames, invalidInFile, planFileProblems, unfitSettings } from './plan-file';
import { editableSettings, settingNames, type EditedSetting, type PlanSettings } from './plan-settings';
import { refusal, type Refusal } from './refusals';
import { shown } from './shown';

/** What a person has edited in a plan file, with all that is wrong with it; nothing of a wrong one counts. */
export interface Edits {
  readonly settings: PlanSettings;
  readonly edited: readonly EditedSetting[];
  readonly problems: readonly Refusal[];
  /** Its form is wrong, so there is nothing in it to be compared. */
  readonly malformed: boolean;
}

/** The settings of a rotation: as planned, or as a plan file of any form says. */
export function editsIn(
  file: PlanFile | undefined,
  log: string,
  planned: PlanSettings,
  approvals: Pick<ApprovalPolicy, 'approvers'>,
): Edits {
  const unedited = { settings: planned, edited: [], problems: [], malformed: false };
  if (file === undefined) {
    return unedited;
  }
  const malformed = planFileProblems(file, log);
  if (malformed.length > 0) {
    return { ...unedited, problems: malformed, malformed: true };
  }
  const editable = editableSettings(planned, approvals);
  const given: Partial<PlanSettings> = file.edit ?? {};
  const changed = settingNames.flatMap((field) => {
    const edited = given[field];
    // What the file says was planned is no edit, however the configuration has changed since: then the file is outdated.
    return edited === undefined || edited === planned[field] || edited === file.fixed.settings[field]
      ? []
      : [{ field, planned: planned[field], edited }];
  });
  const problems = changed
    .filter(({ field, edited }) => !editable[field].fits(edited))
    .map(({ field, edited }) => invalidInFile(`edit.${field}`, edited, editable[field].allowed));
  return problems.length > 0
    ? { ...unedited, problems }
    : {
        settings: { ...planned, ...Object.fromEntries(changed.map(({ field, edited }) => [field, edited])) },
        edited: changed,
        problems,
        malformed: false,
      };
}

/** So many differences of one kind are named. */
const MOST_NAMED = 5;

/**
 * Holds a plan file against what is planned now. What a person changed outside of `edit` has broken its seal; where the seal
 * is whole and the log differs, the log has moved on.
 *
 * @param brokenSeals the parts that are not what their seals are of.
 */
export function judgePlanFile(
  file: PlanFile,
  { log, fixed: now }: { readonly log: string; readonly fixed: FixedPlan },
  brokenSeals: readonly FixedPart[],
  { edited, problems, malformed }: Edits,
): Check[] {
  if (malformed) {
    return checked('PLAN_FILE_HOLDS', { edited }, problems);
  }
  const outside = brokenSeals.flatMap((part) => {
    const changed = differencesOf(`fixed.${part}`, file.fixed[part], now[part]);
    return changed.length > 0
      ? changed.map(({ path, one, other }) => `${path} is ${one}, planned now is ${other}`)
      : [`seals.${part} is not of fixed.${part}`];
  });
  const moved = fixedPartNames
    .filter((part) => !brokenSeals.includes(part))
    .flatMap((part) => differencesOf(`fixed.${part}`, file.fixed[part], now[part]))
    .map(({ path, one, other }) => `${path} was ${one}, is ${other}`);
  return checked('PLAN_FILE_HOLDS', { edited }, [
    ...problems,
    ...(brokenSeals.includes('settings') ? unfitAsPlanned(file, now) : []),
    ...(outside.length > 0
      ? [refusal('PLAN_FILE_EDITED_OUTSIDE', { log, differences: fewOf(outside) })]
      : []),
    ...(moved.length > 0 ? [refusal('PLAN_FILE_OUTDATED', { log, differences: fewOf(moved) })] : []),
  ]);
}

/** The values under `edit` that somebody has made those that were planned, too: they may not be all the same. */
function unfitAsPlanned({ edit, fixed }: PlanFile, now: FixedPlan): Refusal[] {
  const alike = settingNames.filter(
    (name) => edit?.[name] !== undefined && edit[name] === fixed.settings[name],
  );
  const given = Object.fromEntries(alike.map((name) => [name, edit?.[name]]));
  return unfitSettings(
    given,
    { ...now.settings },
    editableSettings(now.settings, now.configuration.approvals),
  );
}

function fewOf(differences: readonly string[]): readonly string[] {
  const more = differences.length - MOST_NAMED;
  return more > 0 ? [...differences.slice(0, MOST_NAMED), `${more} more`] : differences;
}

interface Difference {
  readonly path: string;
  readonly one: string;
  readonly other: string;
}

/** Where two values differ, as deep as both have the same form. The order of fields does not count. */
function differencesOf(path: string, one: unknown, other: unknown): Difference[] {
  if (isCompound(one) && isCompound(other) && Array.isArray(one) === Array.isArray(other)) {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return names.flatMap((name) =>
      differencesOf(
        Array.isArray(one) ? `${path}[${name}]` : `${path}.${name}`,
        Object.hasOwn(one, name) ? one[name] : undefined,
        Object.hasOwn(other, name) ? other[name] : undefined,
      ),
    );
  }
  return one === other ? [] : [{ path, one: shown(one), other: shown(other) }];
}

function isCompound(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
