import { readFileSync } from 'node:fs';

/** What the files of an option hold, one after the other; what cannot be used is added to the problems, a sentence each. */
export function readOptionFiles<Item>(
  option: string,
  files: readonly string[] | undefined,
  from: (text: string) => readonly Item[],
  problems: string[],
): Item[] {
  return (files ?? []).flatMap((file) => {
    try {
      return from(readFileSync(file, 'utf8'));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`${option} ${file} cannot be used: ${why}`);
      return [];
    }
  });
}
