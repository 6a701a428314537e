import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One word for one thing, in every text that a person reads: what the command line, the UI, a log or a document says. */

const root = path.join(__dirname, '../..');

/** The rooms of the product, whose sentences reach people. */
const rooms = ['activities', 'cli', 'config', 'gate', 'workers', 'workflows'];

/** What is not said to people, and what is said instead. */
const unwanted: readonly [string, RegExp][] = [
  ['"release" for a slot, or for the end of a hold', /\breleases?\b/i],
  ['"tried on" for "keeps trying"', /\b(tried|tries|try) on\b/i],
  [
    '"as it was before", where a frozen tree is left',
    /\b(everything|all|log) is (then )?as (it was )?before\b/i,
  ],
];

/** An address of the gate's. */
const meant = /\/order\/release\b/g;

function found(text: string): string[] {
  const said = text.replace(meant, '');
  return unwanted.filter(([, pattern]) => pattern.test(said)).map(([what]) => what);
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

it.each(['mend the release', 'release ...: runs', 'it is tried on.', 'All is as before.'])(
  'takes exception to "%s"',
  (text) => {
    expect(found(text)).not.toEqual([]);
  },
);

it.each(sources)('%s says slot, and that something keeps trying', (file) => {
  const wrong = sentencesOf(path.join(root, file)).flatMap((text) => found(text).map((what) => [what, text]));
  expect(wrong).toEqual([]);
});

// Of the document for developers, only the paragraph that defines the word may use it.
it.each(['README.md', ...filesIn('docs', '.md'), ...filesIn('examples', '.yaml')])(
  '%s does too',
  (document) => {
    const paragraphs = readFileSync(path.join(root, document), 'utf8').split(/\n\s*\n/);
    const wrong = paragraphs
      .filter((text) => !text.includes('a _release_ is'))
      .map((text) => text.replace(/`[\w./]*next-release\.ts`/g, ''))
      .flatMap((text) => found(text).map((what) => [what, text]));
    expect(wrong).toEqual([]);
  },
);
