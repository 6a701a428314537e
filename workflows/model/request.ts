import { refusal, type Refusal } from './refusals';
import type { RotationRequest } from './rotation';

const fields: Record<
  keyof RotationRequest,
  { readonly allowed: string; readonly fits: (value: unknown) => boolean }
> = {
  log: {
    allowed: "a log's name from the configuration",
    fits: (value) => typeof value === 'string' && value !== '',
  },
  dryRun: { allowed: 'true or false', fits: (value) => typeof value === 'boolean' },
  currentTree: {
    allowed: 'a tree id, as a string of digits (a number would lose digits)',
    fits: (value) => typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value),
  },
  planHash: {
    allowed: 'the hash that a plan has printed',
    fits: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  },
};

/**
 * What is wrong with a request as it came, from a person's form for example: everything at once. Unknown fields are
 * refused, since a misspelt `dryRun` would otherwise rotate.
 */
export function requestProblems(request: unknown): Refusal[] {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return [invalid('input', request, 'one JSON object such as {"log": "production"}')];
  }
  const known = Object.keys(fields).join(', ');
  const unknownFields = Object.entries(request)
    .filter(([field]) => !(field in fields))
    .map(([field, value]) =>
      invalid(field, value, `nothing: there is no such field; the fields are ${known}`),
    );
  const values: Partial<Record<string, unknown>> = { ...request };
  const unfit = Object.entries(fields)
    .filter(([field, { fits }]) => (field === 'log' || values[field] !== undefined) && !fits(values[field]))
    .map(([field, { allowed }]) => invalid(field, values[field], allowed));
  return [...unknownFields, ...unfit];
}

function invalid(field: string, value: unknown, allowed: string): Refusal {
  return refusal('REQUEST_INVALID', {
    field,
    value: value === undefined ? 'absent' : JSON.stringify(value),
    allowed,
  });
}
