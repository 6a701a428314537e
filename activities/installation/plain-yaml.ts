import { CST, isMap, isScalar, isSeq, Lexer, LineCounter, parseAllDocuments } from 'yaml';
import type { Scalar } from 'yaml';
import { parseJson } from '../clients/parse-json';
import { OwnWords } from '../errors/own-words';

/**
 * JSON, and the part of YAML that every reader takes alike. Rekor reads YAML 1.1, and JSON where that fails
 * (rekor:pkg/sharding/ranges.go, sigs.k8s.io/yaml); none of that is imitated here: what two readers may take differently
 * is refused. No refusal quotes the text, which may hold a password (H28).
 */

/** A value, and where it is in the text. */
export type PlainNode = (PlainMap | PlainList | PlainScalar) & Place;

/** As offsets, and its line, from 1. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export interface PlainMap {
  readonly kind: 'map';
  readonly fields: readonly { readonly name: string; readonly value: PlainNode }[];
  /** Written in braces. */
  readonly isFlow: boolean;
}

export interface PlainList {
  readonly kind: 'list';
  readonly items: readonly PlainNode[];
  /** Written in brackets. */
  readonly isFlow: boolean;
}

export interface PlainScalar {
  readonly kind: 'scalar';
  /** As written: no digit of a number is lost. */
  readonly text: string;
  readonly isQuoted: boolean;
}

/** What keeps a text from being read: what was found, where, and what is allowed. It quotes nothing of the text. */
export class NotReadable extends OwnWords {
  constructor(found: string, allowed: string = PLAINEST) {
    super(`${found}; allowed is ${allowed}`);
    this.name = 'NotReadable';
  }
}

const PLAINEST =
  'JSON, or YAML without directives, tags, anchors, aliases, merge keys and tabs; and each name once in a map';

export const BYTE_ORDER_MARK = '\uFEFF';

/** Far more than a log has shards, and far deeper than Rekor has fields. */
const MOST_CHARACTERS = 1_000_000;
const DEEPEST = 20;

/**
 * The outermost value of a text; undefined when it has none but comments.
 *
 * @throws NotReadable
 */
export function readPlainYaml(text: string): PlainNode | undefined {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const body = text.slice(mark); // the parser would count the mark as a column
  const isJson = mark === 0 && parseJson(text) !== undefined;
  requirePlainCharacters(body);
  requirePlainTokens(body, isJson);
  const lineCounter = new LineCounter();
  const [document, ...more] = documentsOf(body, lineCounter);
  if (more.length > 0) throw new NotReadable('it has several YAML documents');
  const trouble = document && [...document.errors, ...document.warnings][0];
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  if (trouble) throw new NotReadable(`line ${lineAt(trouble.pos[0])} cannot be read as YAML`);
  const root = document?.contents
    ? plainNode(document.contents, { text, mark, isJson, lineAt }, 0, false)
    : undefined;
  if ((root === undefined || isNothing(root)) && /^\.\.\./m.test(body)) {
    throw new NotReadable('it ends (...) before anything has begun');
  }
  return root;
}

/** True for a value that is not there: empty, or null in words. */
export function isNothing(node: PlainNode): boolean {
  return node.kind === 'scalar' && !node.isQuoted && /^(|~|null)$/.test(node.text);
}

/** Neither printable nor a tab or a line break; or a line break to YAML 1.1 alone (U+0085, U+2028, U+2029). */
const notPlain =
  /[^\t\n\r\x20-\x7E\u00A0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]|\r(?!\n)/u;

function requirePlainCharacters(text: string): void {
  if (text.length > MOST_CHARACTERS) throw new NotReadable(`it has more than ${MOST_CHARACTERS} characters`);
  const found = text.search(notPlain);
  if (found >= 0) throw new NotReadable(`line ${lineOf(text, found)} has a control character`);
}

const refusedTokens: Readonly<Record<string, string>> = {
  'directive-line': 'a directive (%)',
  tag: 'a tag (!)',
  anchor: 'an anchor (&)',
  alias: 'an alias (*)',
  'explicit-key-ind': 'an explicit key (?)',
};

/** Looks at the tokens of the source, before anything is made of them. */
function requirePlainTokens(text: string, isJson: boolean): void {
  const tokens = [...new Lexer().lex(text)];
  let offset = 0;
  for (const [index, token] of tokens.entries()) {
    const type = CST.tokenType(token) ?? '';
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue; // announces what follows
    if (tokens[index - 1] !== CST.SCALAR) {
      const isTab = type === 'space' && token.includes('\t') && !isJson;
      const found = isTab ? 'a tab' : refusedTokens[type];
      if (found !== undefined) throw new NotReadable(`line ${lineOf(text, offset)} has ${found}`);
    }
    offset += token.length;
  }
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function documentsOf(text: string, lineCounter: LineCounter) {
  try {
    const options = {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    } as const;
    const documents = parseAllDocuments(text, { ...options, lineCounter });
    return 'empty' in documents ? [] : documents;
  } catch {
    throw new NotReadable('it cannot be read as YAML'); // without the error, which may quote the text
  }
}

interface Source {
  readonly text: string;
  /** How many characters stand before what the parser has read. */
  readonly mark: number;
  readonly isJson: boolean;
  readonly lineAt: (offset: number) => number;
}

function plainNode(node: unknown, source: Source, depth: number, inFlow: boolean): PlainNode {
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) throw new NotReadable('it has a name without a value');
  const [start = 0, end = 0] = node.range ?? [];
  const at = { start: start + source.mark, end: end + source.mark, line: source.lineAt(start) };
  if (depth > DEEPEST) throw new NotReadable(`line ${at.line} is nested too deeply`);
  if (isScalar(node)) return { ...plainScalar(node, source, at, inFlow), ...at };
  const isFlow = node.flow === true;
  const inside = (inner: unknown) => plainNode(inner, source, depth + 1, inFlow || isFlow);
  if (isSeq(node)) return { kind: 'list', items: node.items.map(inside), isFlow, ...at };
  const fields = node.items.map(({ key, value }) => ({ name: nameOf(inside(key)), value: inside(value) }));
  const names = fields.map(({ name }) => name.toLowerCase()); // Go matches names whatever their case
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0)
    throw new NotReadable(`line ${fields[twice]?.value.line ?? 0} has a name for the second time in a map`);
  return { kind: 'map', fields, isFlow, ...at };
}

function plainScalar(node: Scalar, { text, isJson }: Source, at: Place, inFlow: boolean): PlainScalar {
  const written = text.slice(at.start, at.end);
  const value = String(node.value);
  const found = exoticIn(node.type, written, isJson, inFlow);
  if (found !== undefined) throw new NotReadable(`line ${at.line} has ${found}`);
  return { kind: 'scalar', text: value, isQuoted: node.type !== 'PLAIN' };
}

/** What of a scalar, as written, two readers may take differently. */
function exoticIn(
  type: Scalar['type'] | undefined,
  written: string,
  isJson: boolean,
  inFlow: boolean,
): string | undefined {
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') {
    return /^[|>][+-]?[ \t]*(#.*)?\r?\n/.test(written)
      ? undefined
      : 'a text block with an indentation of its own';
  }
  if (written.includes('\n')) return 'a text over several lines without | or >';
  if (type === 'QUOTE_DOUBLE') {
    return isJson || /^([^\\]|\\["\\nrt])*$/.test(written)
      ? undefined
      : 'an escape other than \\", \\\\, \\n, \\r and \\t';
  }
  if (type === 'QUOTE_SINGLE') return undefined;
  if (/^[?:%@`]/.test(written) || (inFlow && written.includes('?')))
    return 'a text with a sign of YAML that is not in quotes';
  return /^[-+]?\.(inf|nan)$/i.test(written) ? 'a number that JSON does not have' : undefined;
}

/** YAML 1.1 takes these words for truth values, also as names. */
const words = /^(y|n|yes|no|on|off|true|false|null)$/i;

function nameOf(key: PlainNode): string {
  if (key.kind !== 'scalar') throw new NotReadable(`line ${key.line} has a ${key.kind} as a name`);
  if (key.text === '<<') throw new NotReadable(`line ${key.line} has a merge key (<<)`);
  if (!/^[A-Za-z_][A-Za-z0-9_./-]{0,99}$/.test(key.text) || (!key.isQuoted && words.test(key.text))) {
    throw new NotReadable(`line ${key.line} has a name that is not made of letters and digits`);
  }
  return key.text;
}
