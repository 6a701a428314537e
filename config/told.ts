import { resolve } from 'node:path';
import { fieldPath, type Path } from './problems';
import type { SecretSource } from './secrets';

/** Values of the file that programs are told in another form than it has: with a unit, or by where they stand. */

export class Duration {
  constructor(readonly ms: number) {}
}

export class Size {
  constructor(readonly bytes: number) {}
}

/** A path of the host; a relative one counts from the folder of the file. */
export class HostPath {
  constructor(readonly path: string) {}
}

/** What is not in the file, and is read from its place when it is needed. */
export class KeptElsewhere<Source extends SecretSource> {
  constructor(readonly source: Source) {}
}

/**
 * What the programs are told of a valid section: times in milliseconds and sizes in bytes, with that in their names, paths
 * absolute, and of what is kept elsewhere the field in the configuration, for messages.
 */
export type Told<Valid> = Valid extends HostPath
  ? string
  : Valid extends KeptElsewhere<infer Source>
    ? { readonly field: string } & Readonly<Source>
    : Valid extends readonly (infer Item)[]
      ? readonly Told<Item>[]
      : Valid extends object
        ? { readonly [Key in keyof Valid as NameOf<Key, Exclude<Valid[Key], undefined>>]: ToldOf<Valid[Key]> }
        : Valid;

type NameOf<Key, Value> = Value extends Duration
  ? `${Key & string}Ms`
  : Value extends Size
    ? `${Key & string}Bytes`
    : Key;

type ToldOf<Value> = Value extends Duration | Size ? number : Told<Value>;

/** Says to programs what a valid value says; `path`: where it stands in the file, whose folder is `folder`. */
export function told<Valid>(valid: Valid, folder: string, path: Path = []): Told<Valid> {
  return toldOf(valid, folder, path) as Told<Valid>;
}

function toldOf(valid: unknown, folder: string, path: Path): unknown {
  if (valid instanceof HostPath) {
    return resolve(folder, valid.path);
  }
  if (valid instanceof KeptElsewhere) {
    const source = valid.source as SecretSource;
    return {
      field: fieldPath(path),
      ...('file' in source ? { file: resolve(folder, source.file) } : source),
    };
  }
  if (typeof valid !== 'object' || valid === null || Array.isArray(valid)) {
    return valid;
  }
  return Object.fromEntries(
    Object.entries(valid).map(([key, value]: [string, unknown]) => {
      if (value instanceof Duration) {
        return [`${key}Ms`, value.ms];
      }
      return value instanceof Size
        ? [`${key}Bytes`, value.bytes]
        : [key, toldOf(value, folder, [...path, key])];
    }),
  );
}
