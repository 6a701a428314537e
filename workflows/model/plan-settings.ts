import { approvalsRequired, type ApprovalPolicy, type ApprovalsRequired } from './approval';
import type { IfNextFails } from './decision';
import type { Field } from './fields';
import { DISPLAY_NAME_LENGTH, nextTreeName } from './next-tree';

/** The times and choices of a rotation that may be edited; milliseconds. */
export interface EditableTiming {
  readonly attempts: number;
  readonly pauseBetweenAttemptsMs: number;
  readonly criticalSectionMs: number;
  readonly soakMs: number;
  readonly ifNextFails: IfNextFails;
}

/** What of a plan a person may edit in its file. Everything else in it follows from the log and its configuration. */
export interface PlanSettings extends EditableTiming {
  /** The next tree's name in Trillian. */
  readonly displayName: string;
  readonly approvals: ApprovalsRequired;
}

export type SettingName = keyof PlanSettings;

/** One setting that a person has edited, as every result of the rotation says it. */
export interface EditedSetting {
  readonly field: SettingName;
  readonly planned: string | number;
  readonly edited: string | number;
}

/** Each setting in the order of the file, and what it is, for whoever edits it. */
export const settingsInWords: Readonly<Record<SettingName, string>> = {
  displayName: "The next tree's name in Trillian.",
  approvals: 'How many people have to approve it; never fewer than the configuration asks for.',
  attempts: 'How many attempts are made before the rotation ends rolledBack.',
  pauseBetweenAttemptsMs: 'How long writes go on undisturbed between two attempts, in milliseconds.',
  criticalSectionMs:
    'The most time from the hold to the exposure, in milliseconds; never more than configured.',
  soakMs: 'How long the log is watched after the exposure, in milliseconds.',
  ifNextFails: 'What becomes of a next tree that took entries and cannot serve.',
};

export const settingNames = Object.keys(settingsInWords) as readonly SettingName[];

/** What was edited, in words. */
export function editedText(edited: readonly EditedSetting[]): string {
  const each = edited.map(({ field, planned, edited: now }) => `${field} ${now}, planned ${planned}`);
  return each.join('; ') || 'nothing';
}

/** What has settings: a plan, or what one is made of. */
interface Configured {
  readonly timing: EditableTiming;
  readonly approvals: ApprovalPolicy;
}

/** The settings as the configuration has them. */
export function plannedSettings(log: string, { timing, approvals }: Configured): PlanSettings {
  const { attempts, pauseBetweenAttemptsMs, criticalSectionMs, soakMs, ifNextFails } = timing;
  return {
    displayName: nextTreeName(log),
    approvals: approvals.required,
    ...{ attempts, pauseBetweenAttemptsMs, criticalSectionMs, soakMs, ifNextFails },
  };
}

/** A plan, or what one is made of, with these settings. */
export function withSettings<Of extends Configured>(of: Of, settings: PlanSettings): Of {
  const { attempts, pauseBetweenAttemptsMs, criticalSectionMs, soakMs, ifNextFails } = settings;
  const timing = { attempts, pauseBetweenAttemptsMs, criticalSectionMs, soakMs, ifNextFails };
  return {
    ...of,
    timing: { ...of.timing, ...timing },
    approvals: { ...of.approvals, required: settings.approvals },
  };
}

/**
 * The guardian takes a rotation for stuck in which nothing has happened for five minutes, and for as long again as the longer
 * of these: twice the configured soak, or the configured pause (workers/systems.ts). Milliseconds.
 */
const NEVER_STUCK_MS = 300_000;

/** The most that the configuration takes of them too; milliseconds. */
const LONGEST_SOAK_MS = 86_400_000;
const LONGEST_PAUSE_MS = 3_600_000;
const LONGEST_SECTION_MS = 29_000;
const SHORTEST_PAUSE_MS = 1_000;
const SHORTEST_SECTION_MS = 500;
const MOST_ATTEMPTS = 10;

/** Settings with which nothing may be edited further, however a log is configured. */
export const widestSettings: PlanSettings = {
  displayName: nextTreeName('log'),
  approvals: 'none',
  attempts: MOST_ATTEMPTS,
  pauseBetweenAttemptsMs: LONGEST_PAUSE_MS,
  criticalSectionMs: LONGEST_SECTION_MS,
  soakMs: LONGEST_SOAK_MS,
  ifNextFails: 'supersede',
};

/** Every setting that may be edited, with its limits in a log that is configured so. */
export function editableSettings(
  planned: PlanSettings,
  { approvers }: { readonly approvers: { readonly length: number } },
): Readonly<Record<SettingName, Field>> {
  const { criticalSectionMs, soakMs, pauseBetweenAttemptsMs } = planned;
  // Two claims may be one person's, as in the configuration.
  const approvals = approvalsRequired.filter(
    (required, position) =>
      required === planned.approvals ||
      (position > approvalsRequired.indexOf(planned.approvals) &&
        (required !== 'two' || approvers.length >= 2)),
  );
  const unalarmedMs = Math.max(NEVER_STUCK_MS, 2 * soakMs);
  const longestPauseMs = Math.max(Math.min(unalarmedMs, LONGEST_PAUSE_MS), pauseBetweenAttemptsMs);
  const longestSoakMs = Math.max(Math.min(unalarmedMs, LONGEST_SOAK_MS), soakMs);
  return {
    displayName: {
      allowed: `1 to ${DISPLAY_NAME_LENGTH} printable ASCII characters, not all of them blanks`,
      fits: (value) =>
        typeof value === 'string' &&
        /^[\x20-\x7e]+$/.test(value) &&
        value.trim() !== '' &&
        value.length <= DISPLAY_NAME_LENGTH,
    },
    approvals: {
      allowed: approvals.join(' or '),
      fits: (value) => approvals.some((required) => required === value),
    },
    attempts: wholeNumber(1, Math.max(MOST_ATTEMPTS, planned.attempts)),
    pauseBetweenAttemptsMs: wholeNumber(Math.min(SHORTEST_PAUSE_MS, pauseBetweenAttemptsMs), longestPauseMs),
    criticalSectionMs: wholeNumber(Math.min(SHORTEST_SECTION_MS, criticalSectionMs), criticalSectionMs),
    soakMs: wholeNumber(0, longestSoakMs),
    ifNextFails: {
      allowed: 'supersede or hold',
      fits: (value) => value === 'supersede' || value === 'hold',
    },
  };
}

function wholeNumber(least: number, most: number): Field {
  return {
    allowed: `a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}
