import { refusal, type Refusal } from './refusals';
import { shown } from './shown';

/** What a field of an input may be. */
export interface Field {
  /** In words, after "allowed is". */
  readonly allowed: string;
  readonly fits: (value: unknown) => boolean;
}

/** No name of a log is longer. */
const MOST_CHARACTERS = 100;

/** The log that an input is about. */
export const logField: Field = {
  allowed: "a log's name from the configuration",
  fits: (value) => typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS,
};

/**
 * Everything that is wrong with the fields of an object.
 *
 * @param within the name of the field that holds the object; nothing for the input itself.
 * @param refused words the refusal of a value.
 */
export function fieldProblems(
  input: unknown,
  taken: Readonly<Record<string, Field>>,
  required: readonly string[],
  example: string,
  within = '',
  refused: typeof invalid = invalid,
): Refusal[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return [refused(within === '' ? 'input' : within, input, `one JSON object such as ${example}`)];
  }
  const pathOf = (name: string): string => (within === '' ? name : `${within}.${name}`);
  const known = Object.keys(taken).join(', ');
  const unknownFields = Object.entries(input)
    .filter(([name]) => !Object.hasOwn(taken, name))
    .map(([name, value]) =>
      refused(pathOf(name), value, `nothing: there is no such field; the fields are ${known}`),
    );
  const values: Partial<Record<string, unknown>> = { ...input };
  const unfit = Object.entries(taken)
    .filter(
      ([name, { fits }]) => (required.includes(name) || values[name] !== undefined) && !fits(values[name]),
    )
    .map(([name, { allowed }]) => refused(pathOf(name), values[name], allowed));
  return [...unknownFields, ...unfit];
}

/** The refusal of a field's value. */
export function invalid(field: string, value: unknown, allowed: string): Refusal {
  return refusal('REQUEST_INVALID', {
    field,
    value: shown(value),
    allowed,
  });
}
