import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One word for one thing, in every text that a person reads: what the command line, the UI, a log or a document says. */

const root = path.join(__dirname, '../..');

/** The rooms of the product, whose sentences reach people. */
const rooms = [
  'activities',
  'approvals',
  'audit',
  'cli',
  'config',
  'gate',
  'init',
  'quiet-hours',
  'receipt',
  'schedules',
  'workers',
  'workflows',
];

/** What is not said to people, and what is said instead. */
const unwanted: readonly [string, RegExp][] = [
  ['"release" as a verb for "send"', /\breleas(?:e|es|ed|ing) (?:the |held |new )*(?:writes|traffic)\b/i],
  ['"cut-over" for "critical section"', /\bcut-?over\b/i],
  ['"tried on" for "keeps trying"', /\b(tried|tries|try) on\b/i],
  [
    '"as it was before", where a frozen tree is left',
    /\b(everything|all|log) is (then )?as (it was )?before\b/i,
  ],
];

/** Names that needed their comment, or that meant several things (docs/words.md). */
const retiredNames = new Set(
  (
    'onwards alone crossing landed fewTimes briefly concluded attempted persistently atFirst ' +
    'leftAlone takenBack Insistence Carry orderNumber numberAfter CutOverOrder'
  ).split(' '),
);

function found(text: string): string[] {
  return unwanted.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
}

/** Every name that a source file declares. */
function namesIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const { name } = node as { readonly name?: ts.Node };
    if (name && ts.isIdentifier(name)) {
      names.push(name.text);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return names;
}

/** The texts of a source file that are sentences: with a blank in them, and no error of programming. */
function sentencesOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) {
      texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('...'));
    } else if (ts.isStringLiteralLike(node)) {
      texts.push(node.text);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return texts.filter((text) => /\s/.test(text.trim()));
}

function filesIn(room: string, ending: string): string[] {
  return readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(room, name));
}

const sources = rooms.flatMap((room) => filesIn(room, '.ts'));

it('finds sentences to look at', () => {
  const sentences = sources.flatMap((file) => sentencesOf(path.join(root, file)));

  expect(sentences.length).toBeGreaterThan(500);
  expect(sentences).toContain('Nothing is left to cancel.');
});

it.each(['release the writes', 'the cut-over failed', 'it is tried on.', 'All is as before.'])(
  'takes exception to "%s"',
  (text) => {
    expect(found(text)).not.toEqual([]);
  },
);

it.each(sources)('%s uses the words of the glossary', (file) => {
  const wrong = sentencesOf(path.join(root, file)).flatMap((text) => found(text).map((what) => [what, text]));
  expect(wrong).toEqual([]);
  expect(namesIn(path.join(root, file)).filter((name) => retiredNames.has(name))).toEqual([]);
});

it.each(['README.md', ...filesIn('docs', '.md'), ...filesIn('examples', '.yaml')])(
  '%s does too',
  (document) => {
    const paragraphs = readFileSync(path.join(root, document), 'utf8').split(/\n\s*\n/);
    const wrong = paragraphs
      .filter(() => document !== 'docs/words.md')
      .flatMap((text) => found(text).map((what) => [what, text]));
    expect(wrong).toEqual([]);
  },
);

it('has a glossary of at most thirty words, each once', () => {
  const rows = readFileSync(path.join(root, 'docs/words.md'), 'utf8').match(/^\| \*\*.+?\*\* /gm) ?? [];
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.length).toBeLessThanOrEqual(30);
  expect(new Set(rows).size).toBe(rows.length);
});
