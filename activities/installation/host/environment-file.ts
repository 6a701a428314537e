import type { TreeId } from '../../../workflows/model/log';
import { refuse } from '../../errors/refusal-error';
import { isTreeId, TREE_ID_ALLOWED } from '../tree-id';

/**
 * The environment file of a slot: NAME=value lines as systemd reads them (systemd.exec(5), EnvironmentFile=), of which
 * one names the active tree. All other lines are the operator's: they are neither shown nor changed by a byte.
 */

/** The id of the active tree. Refuses a file that sets the variable not once, or not to a tree id. */
export function activeTreeId(path: string, text: string, variable: string): TreeId {
  const { value } = assignmentOf(path, text, variable);
  if (!isTreeId(value)) {
    // A misplaced secret must not be shown (H28): only a number is quoted back.
    const found = value === '' ? 'is empty' : /^-?[0-9]+$/.test(value) ? `is ${value}` : 'is not a number';
    throw refuse('ENVIRONMENT_FILE_INVALID', {
      path,
      variable,
      reason: `${found}; allowed is ${TREE_ID_ALLOWED}`,
    });
  }
  return value;
}

/** The same file with another active tree; every other byte stays. The value that it replaces may be any word, or none. */
export function withActiveTreeId(path: string, text: string, variable: string, treeId: TreeId): string {
  return withValue(path, text, variable, treeId);
}

/** The same file with another value of a variable; every other byte stays. */
export function withValue(path: string, text: string, variable: string, value: string): string {
  const { start, end } = assignmentOf(path, text, variable);
  return `${text.slice(0, start)}${value}${text.slice(end)}`;
}

/** The line that names the active tree, as it may be shown. */
export function shownTreeIdLine(path: string, text: string, variable: string): string {
  const { value } = assignmentOf(path, text, variable);
  return `${variable}=${value === '' || /^[0-9]+$/.test(value) ? value : '<not a number>'}`;
}

/** The value that the variable has, whatever word it is, without quotes and blanks around it; and where it stands. */
export interface Assignment {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const blankOrComment = /[ \t\r]*(?:[#;][^\n]*)?(?:\n|$)/y;
const quotedParts = /(?:[ \t]*(?:"(?:[^"\\]|\\[\s\S])*"|'[^']*'))*/.source;
const rest = /((?:\\[\s\S]|[^\\\n])*)/.source;
const assignment = new RegExp(`[ \\t]*([^\\n=]*)=([ \\t]*)(${quotedParts}${rest})(?:\\n|$)`, 'y');
const otherLine = /[^\n]*(?:\n|$)/y;

/** Walks the file assignment by assignment, because a quoted value may hold line breaks and look like others inside. */
export function assignmentOf(
  path: string,
  text: string,
  variable: string,
  allowed = TREE_ID_ALLOWED,
): Assignment {
  const invalid = (reason: string) => refuse('ENVIRONMENT_FILE_INVALID', { path, variable, reason });
  const found: Assignment[] = [];
  let afterOpenComment = false;
  for (let position = 0; position < text.length;) {
    const comment = matchAt(blankOrComment, text, position);
    const match = comment ?? matchAt(assignment, text, position);
    if (match && !comment) {
      const [, name = '', blank = '', value = '', unquotedPart = ''] = match;
      if (/^[ \t]*["']/.test(unquotedPart)) {
        throw invalid('cannot be read, because the file has a quote that is not closed');
      }
      if (name.trim() === `export ${variable}`)
        throw invalid('is set with "export", which systemd does not read');
      if (name.trim() === variable) {
        if (afterOpenComment)
          throw invalid('follows a comment that ends in a backslash and may belong to it');
        const { quote, word } = wordOf(value, allowed, invalid);
        const start = position + match[0].indexOf('=') + 1 + blank.length + quote.length;
        found.push({ value: word, start, end: start + word.length });
      }
    }
    afterOpenComment = comment !== null && /\\\r?\n?$/.test(comment[0]);
    position += (match ?? matchAt(otherLine, text, position))?.[0].length ?? text.length;
  }
  const [only, ...more] = found;
  if (!only) throw invalid('is not set');
  if (more.length > 0) throw invalid(`is set ${found.length} times`);
  return only;
}

function matchAt(expression: RegExp, text: string, position: number): RegExpExecArray | null {
  expression.lastIndex = position;
  return expression.exec(text);
}

/**
 * The one word that a value is, with or without quotes around it. More is refused, because its readers differ: a comment
 * behind a value is part of the value for systemd (src/basic/env-file.c), and none for compose.
 */
function wordOf(
  value: string,
  allowed: string,
  invalid: (reason: string) => Error,
): { quote: string; word: string } {
  const [, quote = '', word] = /^(["']?)([^\s"'\\#]*)\1\s*$/.exec(value) ?? [];
  if (word !== undefined) return { quote, word };
  throw value.includes('#')
    ? invalid(
        'has a comment behind its value, which systemd takes for a part of it; give the comment a line of its own',
      )
    : invalid(`is more than one word; allowed is ${allowed}`);
}
