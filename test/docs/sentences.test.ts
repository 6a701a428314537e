import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const MOST_WORDS = 25;

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(path.join(root, 'docs')).map((name) => path.join('docs', name)),
].filter((name) => name.endsWith('.md'));

/** Paragraphs, items of lists and cells of tables, each on one line; a piece of code or the target of a link is one word. */
function paragraphsOf(markdown: string): string[] {
  return markdown
    .replace(/^ *```.*?^ *```$/gms, '')
    .replace(/^#.*$/gm, '')
    .replace(/^( *[-*]| *\d+\.) /gm, '\n\n')
    .replace(/\|/g, '\n\n')
    .split(/\n\s*\n/)
    .map((paragraph) =>
      paragraph
        .replace(/\s+/g, ' ')
        .replace(/`[^`]*`/g, 'Code')
        .replace(/\]\([^)]*\)/g, ']'),
    );
}

function sentencesOf(markdown: string): string[] {
  return paragraphsOf(markdown).flatMap((paragraph) => paragraph.split(/(?<=[.!?:]\)?) (?=[A-Z*"[(\d])/));
}

const wordsIn = (sentence: string): number => sentence.split(' ').filter((word) => /\w/.test(word)).length;

it.each(documents)('%s has no sentence of more than 25 words', (document) => {
  const sentences = sentencesOf(readFileSync(path.join(root, document), 'utf8'));
  expect(sentences.length).toBeGreaterThan(5);
  expect(sentences.filter((sentence) => wordsIn(sentence) > MOST_WORDS)).toEqual([]);
});

it('tells a long sentence from several short ones', () => {
  const short = 'Nobody waits for `a b c`. ';
  const long = 'one '.repeat(26);
  expect(sentencesOf(`${short.repeat(20)}\n\n- ${long}\n- ${short}`).map(wordsIn)).toContain(26);
  expect(Math.max(...sentencesOf(short.repeat(20)).map(wordsIn))).toBe(4);
});
