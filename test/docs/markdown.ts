import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What stands in the documents to be typed or pasted, so that tests can run it as it stands there. */

export const root = path.join(__dirname, '../..');

export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Every document of the project, by its path. */
export const documents = ['.', 'docs', 'findings']
  .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)))
  .filter((file) => file.endsWith('.md'));

/** A block of code between fences. */
export interface Block {
  /** Empty where the fence names none. */
  readonly language: string;
  readonly text: string;
}

const FENCED = /^( *)```(\w*)\n([^]*?)^\1```$/gm;

export function blocksOf(document: string): readonly Block[] {
  return [...read(document).matchAll(FENCED)].map(([, indent = '', language = '', text = '']) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The pieces of code in the sentences and tables of a document, each on one line. */
export function inlineCodeOf(document: string): readonly string[] {
  const outside = read(document).replace(FENCED, '');
  return [...outside.matchAll(/(`+)([^]+?)\1(?!`)/g)].map(([, , code = '']) =>
    code.replaceAll(/\s+/g, ' ').trim(),
  );
}

/** What a shell would run of a block, a command each; comments are left out. */
export function commandsIn({ text }: Block): readonly string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.map((line) => line.replace(/(^| +)# .*$/, '').trim()).filter((line) => line !== '');
}

/** Every command in the blocks of shell of a document. */
export function commandsOf(document: string): readonly string[] {
  return blocksOf(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(commandsIn);
}

/** JSON that a document shows as something to send. */
export interface Example {
  /** Its document and the names of its fields, in the order of the alphabet. */
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Every JSON object of a document: of its blocks, one or one a line, and of its sentences. */
export function examplesOf(document: string): readonly Example[] {
  const blocks = blocksOf(document).filter(({ language }) => language === 'json');
  const shown = [
    ...blocks.flatMap(({ text }) => (/^\{.*\}$/m.test(text) ? text.trim().split('\n') : [text])),
    ...inlineCodeOf(document).filter((code) => /^\{ ?"/.test(code)),
  ];
  return shown.map((text) => {
    // Some end with three dots: more fields follow, which do not matter there.
    const value = JSON.parse(text.replace(/, \.\.\.\}$/, '}')) as Example['value'];
    return { name: `${document}: ${Object.keys(value).sort().join(', ')}`, value };
  });
}

/** A command's words, as a shell takes it apart that has nothing to fill in. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, one?: string, two?: string) => one ?? two ?? ''),
  );
}
