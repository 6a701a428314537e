/** One flag of a command line, as a program of Go reads it: `--name=value`, or `--name value`. */
export interface Flag {
  /** Without hyphens; "" for what stands before the first flag. */
  readonly name: string;
  /** What stands after `=`. */
  readonly value: string | undefined;
  /** The words up to the next flag: a value, or arguments of their own. */
  readonly following: readonly string[];
}

/**
 * Whether a word that is no flag's value may stand for more flags once a shell, compose or systemd has filled it in, as `$FLAGS`
 * and `"$@"` do.
 *
 * @param words what follows the program.
 */
export function mayStandForMore(words: readonly string[]): boolean {
  return readFlags(words).some(({ name, value, following }) =>
    following.slice(value === undefined && name !== '' ? 1 : 0).some((word) => word.startsWith('$')),
  );
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

/** Whether a switch is given a value that Go reads as true (strconv.ParseBool). */
export function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|t|true)$/i.test(value);
}
