import {
  EVENT_ID,
  YAMLException,
  constructFromEvents,
  getScalarValue,
  parseEvents,
  type Event,
} from 'js-yaml';
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
  try {
    const events = parseEvents(text, {});
    const { lines, problems } = locate(events, text);
    // Keys given twice are already among the problems; `json` lets the rest of the document be checked as well.
    const documents = constructFromEvents(events, { source: text, json: true, maxAliases: 0 });
    if (documents.length > 1) {
      problems.push({ path: '', found: `${documents.length} documents`, allowed: 'one YAML document' });
    }
    return { value: documents[0], problems, lineOf: (path) => lineAround(lines, path) };
  } catch (error) {
    if (!(error instanceof YAMLException)) {
      throw error;
    }
    // Not the exception's message: it quotes lines of the file, and a secret may stand there by mistake.
    const line = error.mark ? error.mark.line + 1 : undefined;
    const problem = { path: '', line, found: `not YAML (${error.reason})`, allowed: 'one YAML document' };
    return { value: undefined, problems: [problem], lineOf: () => undefined };
  }
}

interface Open {
  readonly path: Path;
  readonly kind: 'document' | 'mapping' | 'sequence';
  readonly seen: Map<string, number>;
  /** In a mapping: the key whose value comes next. In a sequence: the index that comes next. */
  key: string | undefined;
  index: number;
}

function locate(events: readonly Event[], text: string): { lines: Map<string, number>; problems: Problem[] } {
  const lines = new Map<string, number>();
  const problems: Problem[] = [];
  const open: Open[] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      open.pop();
      continue;
    }
    const parent = open.at(-1);
    if (parent?.kind === 'mapping' && parent.key === undefined && event.type === EVENT_ID.SCALAR) {
      const key = getScalarValue(text, event);
      const line = lineAt(text, event.valueStart);
      const path = [...parent.path, key];
      const earlier = parent.seen.get(key);
      if (earlier !== undefined) {
        const found = `a second time, after line ${earlier}`;
        problems.push({ path: fieldPath(path), line, found, allowed: 'each key once' });
      }
      parent.seen.set(key, line);
      parent.key = key;
      lines.set(JSON.stringify(path), line);
      continue;
    }
    const path = parent ? pathOfNext(parent) : [];
    if (parent?.kind === 'sequence' && 'valueStart' in event) {
      lines.set(JSON.stringify(path), lineAt(text, event.valueStart));
    }
    if (
      event.type === EVENT_ID.SEQUENCE ||
      event.type === EVENT_ID.MAPPING ||
      event.type === EVENT_ID.DOCUMENT
    ) {
      open.push({ path, kind: kindOf(event.type), seen: new Map(), key: undefined, index: 0 });
    }
  }
  return { lines, problems };
}

function kindOf(type: Event['type']): Open['kind'] {
  return type === EVENT_ID.MAPPING ? 'mapping' : type === EVENT_ID.SEQUENCE ? 'sequence' : 'document';
}

function pathOfNext(parent: Open): Path {
  if (parent.kind === 'sequence') {
    return [...parent.path, parent.index++];
  }
  const path = parent.key === undefined ? parent.path : [...parent.path, parent.key];
  parent.key = undefined;
  return path;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
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
