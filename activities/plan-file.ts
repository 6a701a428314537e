import { createHash } from 'node:crypto';
import {
  fixedPartNames,
  planFileProblems,
  type FixedPart,
  type FixedPlan,
  type PlanFile,
} from '../workflows/model/plan-file';
import { editsIn } from '../workflows/model/plan-file-edits';
import type { SealedPlan } from '../workflows/model/plan';
import { plannedSettings } from '../workflows/model/plan-settings';
import type { LogSystems } from './systems';

/** The seals of plan files: a workflow has no SHA-256. They tell an edited file from a log that moved on, and keep nobody out. */

/** So many hex digits of a seal are kept: enough against mistakes, which is all that it is for. */
const SEAL_LENGTH = 16;

/** The seal of each part. */
export function sealsOf(fixed: FixedPlan): Readonly<Record<FixedPart, string>> {
  return Object.fromEntries(fixedPartNames.map((part) => [part, sealOf(fixed[part])])) as Record<
    FixedPart,
    string
  >;
}

/** What only whoever can hash knows of a plan file; `hash` is that of the plan without edits. */
export function sealedPlan(
  { log, timing, approvals }: Pick<LogSystems, 'log' | 'timing' | 'approvals'>,
  file: PlanFile,
  hash: string,
): SealedPlan {
  if (planFileProblems(file, log).length > 0) {
    return { brokenSeals: fixedPartNames, hash };
  }
  const { edited } = editsIn(file, log, plannedSettings(log, { timing, approvals }), approvals);
  return {
    brokenSeals: fixedPartNames.filter((part) => file.seals[part] !== sealOf(file.fixed[part])),
    hash: edited.length === 0 ? hash : sha256([hash, edited]),
  };
}

function sealOf(value: unknown): string {
  return sha256(sorted(value)).slice(0, SEAL_LENGTH);
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** The same whatever the order of fields, which an editor may change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, inner]) => [name, sorted(inner)])
    : value;
}
