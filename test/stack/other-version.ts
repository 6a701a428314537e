import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compiledProgram } from '../../lab/files';

/** Calls of the rotation and of its critical section, in the bundle of the workflows, and others in their place. */
const otherwise: readonly (readonly [call: string, other: string])[] = [
  ['actions.stage({', 'actions.createNextTree({'],
  ['.holdToExpose, input).holdToExpose(', '.holdToExpose, input).goForward('],
];

/**
 * Makes a program whose rotations go another way than those that are under way, as a careless upgrade would. Everything
 * else of it, the guardian and the recovery among it, is as it is.
 *
 * @returns the path of the program in the directory.
 */
export function otherVersion(directory: string): string {
  const compiled = dirname(dirname(compiledProgram()));
  const root = join(compiled, '..', '..');
  cpSync(compiled, join(directory, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const bundle = join(directory, 'dist', 'workflows', 'bundle.js');
  let code = readFileSync(bundle, 'utf8');
  for (const [call, other] of otherwise) {
    if (code.split(call).length !== 2) {
      throw new Error(`The workflows do not call ${call} once.`);
    }
    code = code.replace(call, other);
  }
  writeFileSync(bundle, code);
  return join(directory, 'dist', 'cli', 'main.js');
}
