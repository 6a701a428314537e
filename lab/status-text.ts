import { relative } from 'node:path';

/** One of a lab's parts or programs, as a person is told of it. */
export interface ToldPart {
  readonly name: string;
  readonly state: string;
  /** Where it listens; nothing where that is not told. */
  readonly address?: string;
  /** An absolute path. */
  readonly logFile: string;
}

/**
 * What runs of a lab, for people: a line each, and then what is to be known besides. Files are named within the lab's
 * directory, which comes first of the facts: so a table has no more than 80 columns, wherever that is.
 */
export function statusText(
  directory: string,
  parts: readonly ToldPart[],
  facts: readonly (readonly [name: string, value: string])[],
): string {
  const names = Math.max(...parts.map(({ name }) => name.length), 0);
  const addresses = Math.max(...parts.map(({ address = '' }) => address.length), 0);
  const rows = parts.map(({ name, state, address = '', logFile }) =>
    [
      name.padEnd(names),
      state.padEnd('not running'.length),
      ...(addresses === 0 ? [] : [address.padEnd(addresses)]),
      relative(directory, logFile),
    ].join('  '),
  );
  const told = [['directory', directory] as const, ...facts];
  return [...rows, '', ...told.map(([name, value]) => `${name.padEnd(14)} ${value}`)].join('\n');
}
