import { refusal, type Refusal } from './refusals';
import type { TreeId } from './log';

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

interface Field {
  readonly allowed: string;
  readonly fits: (value: unknown) => boolean;
}

const isTreeId = (value: unknown): boolean => typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value);

/** Every field that one of our workflows takes. */
const fields = {
  log: {
    allowed: "a log's name from the configuration",
    fits: (value) => typeof value === 'string' && value !== '',
  },
  dryRun: { allowed: 'true or false', fits: (value) => typeof value === 'boolean' },
  currentTree: {
    allowed: 'a tree id, as a string of digits (a number would lose digits)',
    fits: isTreeId,
  },
  planHash: {
    allowed: 'the hash that a plan has printed',
    fits: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
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
  const [first, ...others] = problemsOf(input, names);
  return first ? { refusals: [first, ...others] } : { request: input as Request };
}

function problemsOf(request: unknown, names: readonly FieldName[]): Refusal[] {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return [invalid('input', request, 'one JSON object such as {"log": "production"}')];
  }
  const known = names.join(', ');
  const unknownFields = Object.entries(request)
    .filter(([field]) => !names.some((name) => name === field))
    .map(([field, value]) =>
      invalid(field, value, `nothing: there is no such field; the fields are ${known}`),
    );
  const values: Partial<Record<string, unknown>> = { ...request };
  const unfit = names
    .filter((name) => (name === 'log' || values[name] !== undefined) && !fields[name].fits(values[name]))
    .map((name) => invalid(name, values[name], fields[name].allowed));
  return [...unknownFields, ...unfit];
}

function invalid(field: string, value: unknown, allowed: string): Refusal {
  return refusal('REQUEST_INVALID', {
    field,
    value: value === undefined ? 'absent' : JSON.stringify(value),
    allowed,
  });
}
