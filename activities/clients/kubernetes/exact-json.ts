import { LosslessNumber, parse, stringify } from 'lossless-json';

/**
 * What a JSON text says. A whole number is a `number` up to 2^53 - 1 and a `bigint` beyond, as the ids of trees are. Any other is
 * a `number` where that is written the same way, else its own text.
 */
export type Json = null | boolean | number | bigint | string | LosslessNumber | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/**
 * Reads a JSON text so that `writeExactJson` gives the same numbers again.
 *
 * @returns undefined for what is no JSON; why it is none would quote it.
 */
export function readExactJson(text: string): Json | undefined {
  try {
    return parse(text, null, exactNumber) as Json;
  } catch {
    return undefined;
  }
}

/**
 * The JSON text of a value; a member that is undefined is left out.
 *
 * @throws RangeError for a `number` that has lost digits already, or is none: whoever made it meant another.
 */
export function writeExactJson(value: Json): string {
  const text = stringify(value, (key, member) => {
    if (typeof member === 'number' && !isExact(member)) {
      throw new RangeError(`the number of "${key}" is not exact: beyond 2^53 - 1 it must be a bigint`);
    }
    return member;
  });
  if (text === undefined) throw new TypeError('there is no JSON for undefined');
  return text;
}

/** Whether a value is an object with members, and no list. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof LosslessNumber);
}

/** `Array.isArray` does not tell a list that may not be changed from the rest. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function exactNumber(text: string): number | bigint | LosslessNumber {
  const number = Number(text);
  if (/^-?[1-9][0-9]*$|^0$/.test(text)) return Number.isSafeInteger(number) ? number : BigInt(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

function isExact(number: number): boolean {
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}
