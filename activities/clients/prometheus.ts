import { OwnWords } from '../errors/own-words';

/** One line of a page in Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  /** Milliseconds since the epoch; absent on the page of a process itself, whose values are of now. */
  readonly timestamp?: number;
}

const NAME = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const SPACE = /[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const NUMBER = /[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|nan)(?=[ \t]|$)/iy;
const TIMESTAMP = /-?\d+(?=[ \t]|$)/y;

/**
 * The name of a sample, without reading the rest of its line; null for a line that is none, and for one whose name stands
 * in quotes, among the labels (which only pages with other names than Trillian's have).
 */
export function sampleName(line: string): string | null {
  NAME.lastIndex = 0;
  return NAME.exec(line)?.[0] ?? null;
}

/**
 * Reads a sample: `NAME{LABEL="VALUE",...} VALUE [TIMESTAMP]`, with the escapes of label values and everything that Go
 * writes as a number (prometheus.io, exposition formats, version 0.0.4).
 *
 * @throws Error when the line is anything else.
 */
export function parseSample(line: string): Sample {
  const text = line.trimEnd();
  let at = 0;
  const next = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at;
    const found = form.exec(text);
    if (found) at = form.lastIndex;
    return found;
  };
  const expected = <Found>(what: string, found: Found | null | undefined | false | ''): Found => {
    if (found === null || found === undefined || found === false || found === '') {
      throw new OwnWords(`a line of it has no ${what} at character ${at + 1}`, { detail: text.slice(0, 80) });
    }
    return found;
  };
  const skip = (character: string): boolean => {
    next(SPACE);
    const there = text[at] === character;
    if (there) at += 1;
    return there;
  };

  const [name] = expected('name', next(NAME));
  const labels = new Map<string, string>();
  if (skip('{')) {
    while (!skip('}')) {
      const [label] = expected('label', next(NAME));
      expected('equals sign', skip('='));
      next(SPACE);
      labels.set(label, unescaped(expected('value of a label', next(QUOTED))[1] ?? ''));
      if (!skip(',')) {
        expected('end of its labels', skip('}'));
        break;
      }
    }
  }
  next(SPACE);
  const value = numberOf(expected('value', next(NUMBER))[0]);
  next(SPACE);
  const timestamp = next(TIMESTAMP)?.[0];
  next(SPACE);
  expected('end', at === text.length);
  return { name, labels, value, ...(timestamp !== undefined && { timestamp: Number(timestamp) }) };
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
}

function numberOf(text: string): number {
  const [, sign, infinite] = /^([+-]?)(inf(?:inity)?)$/i.exec(text) ?? [];
  return infinite === undefined ? Number(text) : sign === '-' ? -Infinity : Infinity;
}
