import { beginningProblems, type Beginning } from './beginning';
import { fieldProblems, invalid, logField, type Field } from './fields';
import type { TreeId } from './log';
import { planFileProblems, type PlanFile } from './plan-file';
import type { Refusal } from './refusals';

/** What a person or a schedule asks for: the one argument of the workflow `rotateLog`. */
export interface RotationRequest {
  /** The log's name in the configuration. */
  readonly log: string;
  /** Go through every step, saying each change instead of making it. Default false. */
  readonly dryRun?: boolean;
  /** Refuse unless this is the log's active tree. */
  readonly currentTree?: TreeId;
  /** Refuse unless the plan is still the one with this hash, which `plan` printed and a person has read. */
  readonly planHash?: string;
  /** Wait for one approval also where the configuration asks for none. Default false. */
  readonly waitForApproval?: boolean;
  /** When it may begin; at once without it. */
  readonly begin?: Beginning;
  /** Rehearse: prepare all, measure the critical section beside the log, and take everything back. Default false. */
  readonly rehearse?: boolean;
  /** Rotate exactly so: refuse unless the plan is still that of the file, with what was edited in it. */
  readonly planFile?: PlanFile;
}

/** What a person or the guardian asks for: the one argument of the workflow `recoverLog`. */
export interface RecoveryRequest {
  /** The log's name in the configuration. */
  readonly log: string;
  /** Say what would be done, and do nothing. Default false. */
  readonly dryRun?: boolean;
}

/** One look of a log's guardian: the one argument of the workflow `guardLog`. */
export interface GuardRequest {
  readonly log: string;
}

/** The one argument of the workflow `pruneTrees`. */
export interface PruneRequest {
  readonly log: string;
  /** The trees to delete, by id; without it they are only listed. */
  readonly deleteTrees?: readonly TreeId[];
}

/** Whether a value is a tree id as an input has it. */
export const isTreeId = (value: unknown): boolean =>
  typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value);

/** Every field that one of our workflows takes. */
const fields = {
  log: logField,
  dryRun: { allowed: 'true or false', fits: (value) => typeof value === 'boolean' },
  waitForApproval: { allowed: 'true or false', fits: (value) => typeof value === 'boolean' },
  rehearse: { allowed: 'true or false', fits: (value) => typeof value === 'boolean' },
  currentTree: {
    allowed: 'a tree id, as a string of digits (a number would lose digits)',
    fits: isTreeId,
  },
  planHash: {
    allowed: 'the hash that a plan has printed',
    fits: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  },
  begin: {
    allowed: 'an object with notBefore, notAfter, lull or atEnd, as docs/waiting.md says',
    fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  planFile: {
    allowed: 'what `rekor-rotate plan NAME --out FILE` has written, as docs/plan-file.md says',
    fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  deleteTrees: {
    allowed: 'a list of tree ids, as strings of digits',
    fits: (value) => Array.isArray(value) && value.every(isTreeId),
  },
} satisfies Record<string, Field>;

type FieldName = keyof typeof fields;

/**
 * A request as it came, from a person's form for example; or everything that is wrong with it at once. Unknown fields are
 * refused, since a misspelt `dryRun` would otherwise rotate.
 */
export function readRequest<Request extends { readonly log: string }>(
  input: unknown,
  names: readonly (FieldName & keyof Request)[],
): { readonly request: Request } | { readonly refusals: readonly [Refusal, ...Refusal[]] } {
  const taken = Object.fromEntries<Field>(names.map((name) => [name, fields[name]]));
  const [first, ...others] = fieldProblems(input, taken, ['log'], '{"log": "production"}');
  return first ? { refusals: [first, ...others] } : { request: input as Request };
}

/** A request for a rotation as it came, with all that is wrong with when it is to begin. */
export function readRotationRequest(
  input: unknown,
  nowMs: number,
): ReturnType<typeof readRequest<RotationRequest>> {
  const read = readRequest<RotationRequest>(input, [
    'log',
    'dryRun',
    'currentTree',
    'planHash',
    'waitForApproval',
    'begin',
    'planFile',
    'rehearse',
  ]);
  if ('refusals' in read) {
    return read;
  }
  const { log, begin, planFile } = read.request;
  const [first, ...others] = [
    ...rehearsalProblems(read.request),
    ...(begin === undefined ? [] : beginningProblems(begin, nowMs)),
    ...(planFile === undefined ? [] : planFileProblems(planFile, log)),
  ];
  return first ? { refusals: [first, ...others] } : read;
}

/** A rehearsal begins at once, waits for nobody, and rotates nothing: what is about a rotation that will be is not for it. */
function rehearsalProblems(request: RotationRequest): Refusal[] {
  const aboutRotation = ['dryRun', 'waitForApproval', 'begin', 'planFile'] as const;
  return request.rehearse
    ? aboutRotation
        .filter((name) => request[name] !== undefined && request[name] !== false)
        .map((name) => invalid(name, request[name], 'nothing beside "rehearse": true'))
    : [];
}
