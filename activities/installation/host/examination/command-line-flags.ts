/** One flag of a command line, as a program of Go reads it: `--name=value`, or `--name value`. */
export interface Flag {
  /** Without hyphens; "" for what stands before the first flag. */
  readonly name: string;
  /** What stands after `=`. */
  readonly value: string | undefined;
  /** The words up to the next flag: a value, or arguments of their own. */
  readonly following: readonly string[];
}

/** The flags of a command line, in its order. Which of them take a word, only the program knows. */
export function readFlags(words: readonly string[]): readonly Flag[] {
  const flags: (Flag & { readonly following: string[] })[] = [{ name: '', value: undefined, following: [] }];
  for (const word of words) {
    const [, name, value] = /^--?([\w.-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) flags.at(-1)?.following.push(word);
    else flags.push({ name, value, following: [] });
  }
  return flags;
}
