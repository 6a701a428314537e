import { sealedPlan } from '../../activities/plan-file';
import { planFileOf } from '../../cli/plan-file/text';
import { planRotation, type FoundLog, type Plan, type Planned } from '../../workflows/model/plan';
import type { PlanFile } from '../../workflows/model/plan-file';
import { aFoundLog } from './found-log';

/** Plan files of the log `production`, made by the code itself, and plans made with them. */

const log = 'production';

/** Any value of a file, by where it stands in it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The plan of a log that is found so. */
export function planOf(found: Partial<FoundLog> = {}): Plan {
  const planned = planRotation({ log }, { log, checks: [], found: { ...aFoundLog(), ...found } });
  if (!('plan' in planned)) {
    throw new Error(`It cannot be rotated: ${JSON.stringify(planned.refusals)}`);
  }
  return planned.plan;
}

export function aPlanFile(found: Partial<FoundLog> = {}): PlanFile {
  return planFileOf(planOf(found));
}

/** What is planned with a file, whatever that is, when the log is found so. */
export function plannedWith(file: unknown, found: Partial<FoundLog> = {}, asked: object = {}): Planned {
  const planFile = file as PlanFile;
  const foundLog = { ...aFoundLog(), ...found };
  return planRotation(
    { log, planFile, ...asked },
    {
      ...{ log, checks: [] },
      found: { ...foundLog, planFile: sealedPlan({ log, ...foundLog }, planFile, foundLog.hash) },
    },
  );
}

/** A file in which somebody has changed one value; undefined takes it out. */
export function changed(file: unknown, [name = '', ...rest]: readonly string[], value: unknown): unknown {
  const copy = (Array.isArray(file) ? [...(file as unknown[])] : { ...(file as object) }) as Record<
    string,
    unknown
  >;
  copy[name] = rest.length === 0 ? value : changed(copy[name], rest, value);
  return copy;
}

/** Every value that is no object and no list, and every list without any. */
export function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return inner.length > 0
    ? inner.flatMap(([name, one]) => leavesOf(one, [...path, name]))
    : [{ path, value }];
}
