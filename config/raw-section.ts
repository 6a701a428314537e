import type { z } from 'zod';
import type { Path, Problem } from './problems';

/** Looks into a document as it was read, which may be wrong anywhere. */

/** What breaks a rule between fields that are right by themselves. */
export type Broken = Omit<Problem, 'path'> & { readonly at: Path };

/** What stands at a path; undefined if nothing does. */
export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

export function textAt(value: unknown, path: Path): string | undefined {
  const found = at(value, path);
  return typeof found === 'string' ? found : undefined;
}

export function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function entriesOf(value: unknown): [string, unknown][] {
  return isSection(value) ? Object.entries(value) : [];
}

/** A field as its schema reads it, its default included. Undefined if it is wrong: that is said already. */
export function readAs<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> | undefined {
  return schema.safeParse(raw).data;
}

/** Two keys of a section of which one alone makes no sense. */
export function together(path: Path, section: unknown, keys: readonly [string, string]): Broken[] {
  const given = keys.filter((key) => at(section, [key]) !== undefined);
  const [only] = given;
  return given.length === 1 && only !== undefined
    ? [{ at: path, found: `${only} alone`, allowed: `both or neither of ${keys.join(' and ')}` }]
    : [];
}
