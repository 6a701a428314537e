import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfiguration } from '../../config/load';
import { ConfigurationError, type Problem } from '../../config/problems';

export const example = resolve(__dirname, '../../examples/rekor-rotate.yaml');
export const exampleText = readFileSync(example, 'utf8');

export const kubernetesExample = resolve(__dirname, '../../examples/rekor-rotate-kubernetes.yaml');
export const kubernetesText = readFileSync(kubernetesExample, 'utf8');

/** A configuration file with this text. */
export function written(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'rekor-rotate.yaml');
  writeFileSync(file, text);
  return file;
}

/** Everything that is wrong with a file. */
export function problemsOf(file: string): readonly Problem[] {
  try {
    loadConfiguration(file, {});
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}
