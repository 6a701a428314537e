/**
 * The words of a command that is written as one text, as a shell, compose and systemd divide it: quotes hold words together, a
 * backslash takes the next character as it is. Variables stay as they are written.
 */
export function wordsOf(text: string): string[] {
  const parts = /(?:\\\n|[\s;])+|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])|([^\s'"\\;]+)/g;
  const words: string[] = [];
  let open = false;
  for (const [whole, single, double, escaped, plain] of text.matchAll(parts)) {
    const part = single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (part === undefined || whole === '\\\n') {
      open = false;
    } else if (open) {
      words.push(`${words.pop() ?? ''}${part}`);
    } else {
      words.push(part);
      open = true;
    }
  }
  return words;
}
