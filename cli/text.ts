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

/** How long ago that was, as exactly as a person wants to know. */
export function ago(ms: number): string {
  const seconds = Math.max(Math.round(ms / 1000), 0);
  if (seconds < 120) {
    return `${seconds} s ago`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) {
    return `${minutes} min ago`;
  }
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}

/** A name, and what is to be said of it; nothing where the row is to be left out. */
export type Row = readonly [name: string, text: string | null | undefined];

/** Two columns: names and texts, which wrap beside them. */
export function table(rows: readonly Row[], columns: number): string[] {
  const indent = 16;
  return rows.flatMap(([name, text]) =>
    text ? wrap(text, columns, name.padEnd(indent), ' '.repeat(indent)) : [],
  );
}

/** A list, an item a line. */
export function list(items: readonly string[], columns: number): string[] {
  return items.flatMap((item) => wrap(item, columns, '  - ', '    '));
}

/** Lines under their title, apart from what is before them; nothing where there are none. */
export function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}
