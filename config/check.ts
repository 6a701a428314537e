import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ConfigDocument } from './document';
import { fieldPath, type Path, type Problem } from './problems';
import { brokenRules } from './rules';
import { configSchema, jsonSchema, type ConfigFile } from './schema';

/** Everything that is wrong with a document, in the order of its lines; or the document, valid. */
export function checkDocument(
  document: ConfigDocument,
): { readonly valid: ConfigFile } | { readonly problems: readonly Problem[] } {
  if (document.value === undefined) {
    const empty = { path: '', found: 'nothing', allowed: 'a section with the keys temporal, logs' };
    return { problems: document.problems.length > 0 ? document.problems : [empty] };
  }
  const parsed = configSchema.safeParse(document.value);
  const wrong = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, document));
  const broken = brokenRules(document.value).map(({ at, ...rest }) => ({
    path: fieldPath(at),
    line: document.lineOf(at),
    ...rest,
  }));
  const problems = [...document.problems, ...wrong, ...broken];
  return parsed.success && problems.length === 0
    ? { valid: parsed.data }
    : { problems: problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)) };
}

function problemsOf(issue: z.core.$ZodIssue, document: ConfigDocument): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(issue.path, key, document));
  }
  const path = issue.path;
  const allowed = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const found =
    issue.code === 'invalid_key' ? `the name "${String(path.at(-1))}"` : foundAt(document.value, path);
  return [{ path: fieldPath(path), line: document.lineOf(path), found, allowed }];
}

function unknownKey(around: Path, key: string, document: ConfigDocument): Problem {
  const known = knownKeys(around);
  const path = [...around, key];
  const nearest = closest(key.toLowerCase(), [...known]);
  // Further away than half its letters it is a guess that misleads.
  const near = nearest && distance(key.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, key.length / 2);
  return {
    path: fieldPath(path),
    line: document.lineOf(path),
    // Not its value: a misspelt key may hold a secret.
    found: 'an unknown key',
    allowed: known.length > 0 ? known.join(', ') : 'no key',
    nearest: near ? nearest : undefined,
  };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}

/** The keys that the schema knows at a path. */
function knownKeys(path: Path): string[] {
  let schemas = [jsonSchema() as Schema];
  for (const key of path) {
    schemas = schemas.flatMap((schema) => {
      const inner = schema.properties?.[String(key)] ?? schema.additionalProperties;
      return typeof inner === 'object' ? [inner, ...(inner.anyOf ?? [])] : [];
    });
  }
  return schemas.flatMap((schema) => Object.keys(schema.properties ?? {}));
}

/** What stands at a path, in words. Where a secret belongs only its kind is said, whatever stands there. */
function foundAt(document: unknown, path: Path): string {
  const value = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    document,
  );
  if (value === undefined) {
    return 'nothing';
  }
  if (value === null) {
    return 'no value';
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty list' : 'a list';
  }
  if (typeof value === 'object') {
    return Object.keys(value).length === 0 ? 'an empty section' : 'a section';
  }
  if (path.some((key) => key === 'token' || key === 'database')) {
    return 'a value that is not shown';
  }
  const text = JSON.stringify(value).replace(/:\/\/[^/@]*@/, '://<hidden>@');
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
