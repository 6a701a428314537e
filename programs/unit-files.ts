import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { readQuadlet } from './readers/quadlet-file';
import { readSystemdUnit, type SystemdUnit } from './readers/systemd-unit';

/** Where systemd looks for units, the first of one name first: systemd.unit(5), "Unit File Load Path". */
const FOLDERS = [
  'etc/systemd/system',
  'run/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
];

/** Where podman looks for the files that it makes units of, the first of one name first: podman-systemd.unit(5). */
const QUADLET_FOLDERS = ['run/containers/systemd', 'etc/containers/systemd', 'usr/share/containers/systemd'];

/** The folders in which a unit is looked for, as a person names them. */
export const UNIT_FOLDERS: readonly string[] = [...FOLDERS, ...QUADLET_FOLDERS].map((folder) => `/${folder}`);

const SERVICE = '.service';
const CONTAINER = '.container';

/** The units of a host, read from their files: systemd itself is not asked. */
export class UnitFiles {
  readonly #root: string;
  readonly #folders: readonly string[];
  readonly #quadletFolders: readonly string[];

  /** @param root the folder that the host's file system is mounted at. */
  constructor(root = '/') {
    this.#root = root;
    this.#folders = FOLDERS.map((folder) => join(root, folder));
    this.#quadletFolders = QUADLET_FOLDERS.map((folder) => join(root, folder)).flatMap(withSubfolders);
  }

  /** The names of all services, templates (`rekor@`) among them. */
  names(): string[] {
    const files = [...this.#folders, ...this.#quadletFolders].flatMap(namesIn);
    return [...new Set(files.filter((name) => UNIT_FILE.test(name)).map(unitNamed))];
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
    return [
      ...filesNamed(name, this.#folders, SERVICE),
      ...filesNamed(name, this.#quadletFolders, CONTAINER),
    ];
  }

  /**
   * A unit with its drop-ins, or a file of one; undefined where there is none, or it cannot be read.
   *
   * @param named its name, or a path.
   * @param name of the instance, where a template's path is named.
   */
  unit(named: string, name = unitNamed(named)): SystemdUnit | undefined {
    const template = name.replace(/@.*$/, '@');
    const own = named.includes('/') ? [named] : [];
    for (const file of own.length > 0 ? own : this.filesOf(name)) {
      const text = textOf(file);
      if (text === undefined) continue;
      const folders = own.length > 0 ? [dirname(named)] : this.#folders;
      const texts = [text, ...dropIns([template, name], folders, SERVICE)];
      if (!file.endsWith(CONTAINER)) return readSystemdUnit(name, texts);
      const ofQuadlets = own.length > 0 ? folders : this.#quadletFolders;
      const all = [...texts, ...dropIns([template, name], ofQuadlets, CONTAINER)];
      const folder = dirname(file);
      return readQuadlet(name, all, this.#onHost(folder), (pod) => textOf(join(folder, `${pod}.pod`)));
    }
    return undefined;
  }

  /** A path as the host itself has it. */
  #onHost(path: string): string {
    const below = relative(this.#root, path);
    return below.startsWith('..') ? path : join('/', below);
  }
}

const UNIT_FILE = /\.(?:service|container)$/;

/** The name of the service that a file is of, or makes. */
export function unitNamed(file: string): string {
  return basename(file).replace(UNIT_FILE, '');
}

function filesNamed(name: string, folders: readonly string[], ending: string): string[] {
  return [...new Set([name, name.replace(/@.*$/, '@')])].flatMap((one) =>
    folders.map((folder) => join(folder, `${one}${ending}`)),
  );
}

/** Podman looks into the folders in a folder, too, but for those of drop-ins. */
function withSubfolders(folder: string): string[] {
  const inside = namesIn(folder).filter((name) => !/\.\w+(?:\.d)?$/.test(name));
  return [folder, ...inside.map((name) => join(folder, name))];
}

/** By the names of their files: one in an earlier folder stands for those of its name in the later ones. */
function dropIns(names: readonly string[], folders: readonly string[], ending: string): string[] {
  const files = new Map<string, string>();
  for (const name of new Set(names)) {
    for (const folder of folders.toReversed()) {
      const own = join(folder, `${name}${ending}.d`);
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
