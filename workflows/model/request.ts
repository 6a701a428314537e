import { refusal, type Refusal } from './refusals';
import type { RotationRequest } from './rotation';

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

/** The fields of a `RotationRequest`. */
export const rotationFields = [
  'log',
  'dryRun',
  'currentTree',
  'planHash',
] as const satisfies readonly (keyof RotationRequest)[];

/**
 * What is wrong with a request as it came, from a person's form for example: everything at once. Unknown fields are
 * refused, since a misspelt `dryRun` would otherwise rotate.
 */
export function requestProblems(request: unknown, names: readonly FieldName[] = rotationFields): Refusal[] {
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
