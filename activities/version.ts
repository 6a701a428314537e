import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The version of this program, as its package says: the nearest package.json above this file. */
export function version(): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, 'package.json'))) {
    folder = path.dirname(folder);
  }
  const { version: found } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return found;
}
