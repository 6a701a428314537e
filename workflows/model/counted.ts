/** A number with its noun, for example `1 file`, `2 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** So many entries of a log: `1 entry`. */
export function entries(count: number): string {
  return counted(count, 'entry', 'entries');
}
