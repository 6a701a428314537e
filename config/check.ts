import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ConfigFile } from './configuration';
import type { ConfigDocument } from './document';
import type { Kinds } from './kinds';
import { fieldPath, type Path, type Problem } from './problems';
import { brokenRules } from './rules';
import { at } from './raw-section';
import { configSchema, jsonSchema } from './schema';
import { withoutCredentials } from '../workflows/model/without-credentials';

/** Where a secret itself may have been written by mistake, in place of where it is, or of the name of its variable. */
const SECRET_BELOW: ReadonlySet<string> = new Set([
  ...['token', 'database', 'approvers', 'nextSigner', 'signerVariables'],
]);

/** Everything that is wrong with a document, in the order of its lines; or the document, valid. */
export function checkDocument(
  document: ConfigDocument,
  kinds: Kinds,
): { readonly valid: ConfigFile } | { readonly problems: readonly Problem[] } {
  if (document.value === undefined) {
    const empty = { path: '', found: 'nothing', allowed: 'a section with the keys temporal, logs' };
    return { problems: document.problems.length > 0 ? document.problems : [empty] };
  }
  const parsed = configSchema(kinds).safeParse(document.value);
  const wrong = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => problemsOf(issue, document, kinds));
  const broken = brokenRules(document.value, kinds).map(({ at: path, ...rest }) => ({
    path: fieldPath(path),
    line: document.lineOf(path),
    ...rest,
  }));
  const problems = [...document.problems, ...wrong, ...broken];
  return parsed.success && problems.length === 0
    ? { valid: parsed.data as ConfigFile }
    : { problems: problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)) };
}

function problemsOf(issue: z.core.$ZodIssue, document: ConfigDocument, kinds: Kinds): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(issue.path, key, document, kinds));
  }
  const path = issue.path;
  const allowed = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const found =
    issue.code === 'invalid_key'
      ? `the name "${withoutCredentials(String(path.at(-1)))}"`
      : foundAt(document.value, path, kinds);
  return [{ path: fieldPath(path), line: document.lineOf(path), found, allowed }];
}

function unknownKey(around: Path, key: string, document: ConfigDocument, kinds: Kinds): Problem {
  const known = knownKeys(around, document.value, kinds);
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
  readonly items?: Schema;
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
}

/** The keys that the schema knows at a path, where sections have the kind that the document says. */
function knownKeys(path: Path, document: unknown, kinds: Kinds): string[] {
  return schemasAt(path, document, kinds).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

/** Every form that the schema knows at a path. */
function schemasAt(path: Path, document: unknown, kinds: Kinds): Schema[] {
  let schemas = [jsonSchema(kinds) as Schema];
  for (const [index, key] of path.entries()) {
    const kind = at(document, [...path.slice(0, index + 1), 'kind']);
    const chosen = ({ properties }: Schema) => [undefined, kind].includes(properties?.['kind']?.const);
    schemas = schemas.flatMap((schema) => {
      const inner =
        typeof key === 'number'
          ? schema.items
          : (schema.properties?.[String(key)] ?? schema.additionalProperties);
      return typeof inner === 'object'
        ? [inner, ...(inner.anyOf ?? []), ...(inner.oneOf ?? []).filter(chosen)]
        : [];
    });
  }
  return schemas;
}

/** Types of JSON Schema for what has parts. */
const NOT_OF_ONE_VALUE: ReadonlySet<string> = new Set(['array', 'object']);

/** What stands at a path, in words. Where a secret belongs, or is put by mistake, only its kind is said. */
function foundAt(document: unknown, path: Path, kinds: Kinds): string {
  const value = at(document, path);
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
  const mayBeSecret = path.some((key) => SECRET_BELOW.has(String(key)));
  // A number where one belongs is no secret, however wrong it is.
  const isNumber =
    ['number', 'bigint'].includes(typeof value) &&
    schemasAt(path, document, kinds).some(({ type }) => ['integer', 'number'].includes(type ?? ''));
  if (mayBeSecret && !isNumber && !['kind', 'name'].includes(String(path.at(-1)))) {
    return 'a value that is not shown';
  }
  const types = schemasAt(path, document, kinds).flatMap(({ type }) => type ?? []);
  // A command or a whole address in place of its parts may have a password anywhere.
  if (typeof value === 'string' && types.length > 0 && types.every((type) => NOT_OF_ONE_VALUE.has(type))) {
    return 'a text, which is not shown';
  }
  const text =
    typeof value === 'bigint'
      ? `${value}`
      : JSON.stringify(typeof value === 'string' ? withoutCredentials(value) : value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
