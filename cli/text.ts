/** Text for people, in a given number of columns. */

/** Breaks a text into lines; words longer than a line (paths, hashes) are left whole, to be copied. */
export function wrap(text: string, columns: number, first = '', rest = first): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = rest + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  return [...lines, line];
}

/** Milliseconds as a person reads them. */
export function spoken(ms: number): string {
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const tenths = Math.round(ms / 100);
  if (tenths < 600) {
    return `${(tenths / 10).toFixed(1)} s`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Two columns: a name and a text, which wraps beside it. */
export function field(name: string, text: string, columns: number): string[] {
  const indent = 16;
  return wrap(text, columns, name.padEnd(indent), ' '.repeat(indent));
}
