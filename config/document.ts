import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type ErrorCode,
} from 'yaml';
import { fieldPath, type Path, type Problem } from './problems';

/** A YAML document, and in which line each of its fields stands. */
export interface ConfigDocument {
  readonly value: unknown;
  /** What is wrong with the YAML itself. */
  readonly problems: readonly Problem[];
  /** Counted from 1; of a missing field, the line of the nearest field around it that exists. */
  lineOf(path: Path): number | undefined;
}

/** Reads one YAML 1.2 document. Throws nothing: what is wrong stands in `problems`, without text of the file. */
export function readDocument(text: string): ConfigDocument {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  const documents = parseAllDocuments(text, {
    ...{ lineCounter, prettyErrors: false, logLevel: 'silent' },
    // Keys given twice are found below, so that the rest of the document is checked as well.
    ...{ intAsBigInt: true, stringKeys: true, uniqueKeys: false, resolveKnownTags: false },
  });
  const [document] = 'empty' in documents ? [] : documents;
  const nothing = { value: undefined, problems: [], lineOf: () => undefined };
  if (!document) {
    return nothing;
  }
  const broken = brokenYaml(document);
  if (broken) {
    const problem = { path: '', found: `not YAML (${broken.words})`, allowed: 'one YAML document' };
    return { ...nothing, problems: [{ ...problem, line: lineAt(broken.offset) }] };
  }
  const { lines, problems } = locate(document, lineAt);
  if (documents.length > 1) {
    problems.push({ path: '', found: `${documents.length} documents`, allowed: 'one YAML document' });
  }
  return {
    value: document.toJS({ reviver: (_, value) => numberOf(value) }) as unknown,
    problems,
    lineOf: (path) => lineAround(lines, path),
  };
}

/** Not the parser's messages: some quote the file, and a secret may stand there by mistake. */
const errorWords: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'an unknown escape in double quotes',
  BAD_INDENT: 'an indentation that fits nothing around it',
  BLOCK_AS_IMPLICIT_KEY: 'a second key in a line, or a value with a colon that is not in quotes',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing',
  TAB_AS_INDENT: 'a tab as indentation',
  TAG_RESOLVE_FAILED: 'a tag (!)',
};

/** The first thing that the parser cannot read, or that means something only to some readers. */
function brokenYaml(document: Document): { readonly words: string; readonly offset: number } | undefined {
  const [error] = [...document.errors, ...document.warnings];
  if (error) {
    const words = errorWords[error.code] ?? error.code.toLowerCase().replaceAll('_', ' ');
    return { words, offset: error.pos[0] };
  }
  let alias: number | undefined;
  visit(document, {
    Alias(_, node) {
      alias ??= startOf(node);
    },
  });
  return alias === undefined ? undefined : { words: 'an alias (*)', offset: alias };
}

/** Whole numbers are read digit by digit; those that are too large for a number stay as they are, to be said so. */
function numberOf(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** In which line each field begins, and which key stands twice in its map. */
function locate(document: Document, lineAt: (offset: number) => number) {
  const lines = new Map<string, number>();
  const problems: Problem[] = [];
  const look = (node: unknown, path: Path): void => {
    const seen = new Map<string, number>();
    for (const { key, at, value } of fieldsOf(node)) {
      const [line, inner] = [lineAt(startOf(at)), [...path, key]];
      const earlier = seen.get(String(key));
      if (earlier !== undefined) {
        const found = `a second time, after line ${earlier}`;
        problems.push({ path: fieldPath(inner), line, found, allowed: 'each key once' });
      }
      seen.set(String(key), line);
      lines.set(JSON.stringify(inner), line);
      look(value, inner);
    }
  };
  look(document.contents, []);
  return { lines, problems };
}

/** The fields of a map or list, and the node by which each begins. */
function fieldsOf(
  node: unknown,
): { readonly key: string | number; readonly at: unknown; readonly value: unknown }[] {
  if (isMap(node)) {
    return node.items.map(({ key, value }) => ({
      key: isScalar(key) ? String(key.value) : '',
      at: key,
      value,
    }));
  }
  return isSeq(node) ? node.items.map((item, index) => ({ key: index, at: item, value: item })) : [];
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function lineAround(lines: ReadonlyMap<string, number>, path: Path): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(JSON.stringify(path.slice(0, length)));
    if (line !== undefined) {
      return line;
    }
  }
  return undefined;
}
