import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../lab/kubernetes/api';

const FOLDER = join(__dirname, '../../deploy/kubernetes');

/** The objects of an admission policy, with words of it replaced as its first lines say. */
export function policyIn(file: string, values: Readonly<Record<string, string>>): readonly Manifest[] {
  const text = readFileSync(join(FOLDER, `${file}.yaml`), 'utf8').replace(/^#.*$/gm, '');
  const words = new RegExp(`\\b(${Object.keys(values).join('|')})\\b`, 'g');
  const filled = text.replace(words, (word) => values[word] ?? word);
  return parseAllDocuments(filled).map((document) => document.toJS() as Manifest);
}
