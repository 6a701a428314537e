import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readSystemdUnit, type SystemdUnit } from './readers/systemd-unit';

/** Where systemd looks for units, the first of one name first: systemd.unit(5), "Unit File Load Path". */
const FOLDERS = [
  'etc/systemd/system',
  'run/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
];

/** The folders in which a unit is looked for, as a person names them. */
export const UNIT_FOLDERS: readonly string[] = FOLDERS.map((folder) => `/${folder}`);

/** The units of a host, read from their files: systemd itself is not asked. */
export class UnitFiles {
  readonly #folders: readonly string[];

  /** @param root the folder that the host's file system is mounted at. */
  constructor(root = '/') {
    this.#folders = FOLDERS.map((folder) => join(root, folder));
  }

  /** The names of all services, templates (`rekor@`) among them. */
  names(): string[] {
    const files = this.#folders.flatMap(namesIn).filter((name) => name.endsWith('.service'));
    return [...new Set(files.map((name) => basename(name, '.service')))];
  }

  /** The instances of a template that start with the host, such as `rekor@blue` of `rekor@`. */
  enabledInstances(template: string): string[] {
    const links = this.#folders
      .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
      .filter((folder) => folder.endsWith('.wants'))
      .flatMap(namesIn);
    const instances = links
      .filter((name) => name.startsWith(template) && name !== `${template}.service`)
      .map((name) => basename(name, '.service'));
    return [...new Set(instances)];
  }

  /** Where the file of a unit may be, that of its template last. */
  filesOf(name: string): string[] {
    return [...new Set([name, name.replace(/@.*$/, '@')])].flatMap((one) =>
      this.#folders.map((folder) => join(folder, `${one}.service`)),
    );
  }

  /**
   * A unit with its drop-ins, or a file of one; undefined where there is none, or it cannot be read.
   *
   * @param named its name without `.service`, or a path.
   * @param name of the instance, where a template's path is named.
   */
  unit(named: string, name = basename(named, '.service')): SystemdUnit | undefined {
    const template = name.replace(/@.*$/, '@');
    const own = named.includes('/') ? [named] : [];
    for (const file of own.length > 0 ? own : this.filesOf(name)) {
      const text = textOf(file);
      if (text !== undefined) {
        const folders = own.length > 0 ? [dirname(named)] : this.#folders;
        return readSystemdUnit(name, [text, ...dropIns([template, name], folders)]);
      }
    }
    return undefined;
  }
}

/** By the names of their files: one in an earlier folder stands for those of its name in the later ones. */
function dropIns(names: readonly string[], folders: readonly string[]): string[] {
  const files = new Map<string, string>();
  for (const name of new Set(names)) {
    for (const folder of folders.toReversed()) {
      const own = join(folder, `${name}.service.d`);
      for (const file of namesIn(own)) if (file.endsWith('.conf')) files.set(file, join(own, file));
    }
  }
  return [...files.keys()].sort().flatMap((file) => textOf(files.get(file) ?? '') ?? []);
}

/** The files and folders in a folder, sorted; none where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The text of a file; undefined where it cannot be read. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
