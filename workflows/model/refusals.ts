import { approvalRefusals } from './refusals/approvals';
import { clusterRefusals } from './refusals/cluster';
import { doctorFindings } from './refusals/doctor';
import { gateRefusals } from './refusals/gate';
import { rotationRefusals } from './refusals/in-rotation';
import { installationRefusals } from './refusals/installation';
import { instructionRefusals } from './refusals/instructions';
import { requestRefusals } from './refusals/request';
import { treeRefusals } from './refusals/trees';
import { unreachableRefusals } from './refusals/unreachable';
import type { Text } from './refusals/text';

/**
 * Every reason to say no (a refusal: nothing has happened yet), every way to fail (something had), and every warning, which
 * stands against nothing: what was found, and what to do. docs/refusals.md lists the same codes; a test keeps both equal.
 */

export interface Refusal extends Text {
  readonly code: RefusalCode;
}

/** In the order of docs/refusals.md, a file for each of its sections. */
const catalogue = {
  ...requestRefusals,
  ...unreachableRefusals,
  ...treeRefusals,
  ...installationRefusals,
  ...clusterRefusals,
  ...gateRefusals,
  ...approvalRefusals,
  ...instructionRefusals,
  ...rotationRefusals,
  ...doctorFindings,
} as const;

export type RefusalCode = keyof typeof catalogue;

export const refusalCodes = Object.keys(catalogue) as readonly RefusalCode[];

/** Words one entry of the catalogue with what was found. */
export function refusal<Code extends RefusalCode>(
  code: Code,
  found: Parameters<(typeof catalogue)[Code]>[0],
): Refusal {
  const word = catalogue[code] as (facts: typeof found) => Text;
  return { code, ...word(found) };
}

const ofInput: ReadonlySet<RefusalCode> = new Set([
  'REQUEST_INVALID',
  'UNKNOWN_LOG',
  'PLAN_FILE_INVALID',
  'PLAN_FILE_TOO_LONG',
]);

/** What a person asked for cannot be meant, whatever the log's state is. */
export function isOfInput({ code }: Pick<Refusal, 'code'>): boolean {
  return ofInput.has(code);
}

/** The log belongs to a later rotation: another try cannot change that, and a person need not either. */
export function isDecisive({ code }: Pick<Refusal, 'code'>): boolean {
  return code === 'NOT_OURS';
}
