import { basename, dirname, isAbsolute, join } from 'node:path';
import { assignmentOf } from '../activities/installation/host/environment-file';
import type { FoundProgram } from './found-program';
import { startedBy, startedWith, type Started } from './program-words';
import type { Container } from './readers/container';
import { readKubeFiles } from './readers/kube-files';
import type { SystemdUnit } from './readers/systemd-unit';
import { namesIn, textOf, type UnitFiles } from './unit-files';
import { soleVariable } from './variables';

/** What the units of a host start of a log. */
export class UnitPrograms {
  readonly #units: UnitFiles;
  readonly #root: string;

  constructor(units: UnitFiles, root = '/') {
    this.#units = units;
    this.#root = root;
  }

  /** What a unit starts: the program itself, in a container, or by `podman kube play` those of a manifest. */
  of(unit: SystemdUnit): FoundProgram[] {
    if (unit.container) return this.#ofContainer(unit, unit.container);
    const started = startedBy(unit.execStart);
    if (started) {
      const mine = { names: [], ports: 'host', mounts: 'host', folder: unit.folder } as const;
      return [this.#program(unit, started, () => variablesOf(unit), mine)];
    }
    const played = playedFiles(unit.execStart);
    const files = played.flatMap((path) => {
      const text = this.#text(path);
      return text === undefined ? [] : [{ path, text }];
    });
    return readKubeFiles(files, unit);
  }

  /**
   * What a container of a unit runs. In its command systemd fills variables in, from the unit; what it leaves to a shell inside
   * (`$$`) is set by the container.
   */
  #ofContainer(unit: SystemdUnit, container: Container): FoundProgram[] {
    const { words, image, ports, onHost, mounts, names, environmentFiles, environment } = container;
    const started = startedBy(words) ?? startedWith(words, [image, unit.name]);
    if (!started) return [];
    const text = [...started.flags.values()].join('\n');
    const isInside = (name: string): boolean => new RegExp(`\\$\\$\\{?${name}\\b`).test(text);
    const inside = { files: environmentFiles, environment };
    const variables = (name: string): Variables => (isInside(name) ? inside : variablesOf(unit));
    return [this.#program(unit, started, variables, { names, ports: onHost ? 'host' : ports, mounts })];
  }

  #program(
    unit: SystemdUnit,
    started: Started,
    variables: (name: string) => Variables,
    mine: Pick<FoundProgram, 'names' | 'ports' | 'mounts' | 'folder'>,
  ): FoundProgram {
    const { name, installs, quadlet } = unit;
    const startsByItself = quadlet?.startsWithHost === true;
    return {
      ...started,
      where: quadlet ? `${name}.container` : `${name}.service`,
      variable: (asked) => {
        const { files, environment } = variables(asked);
        const values = files.map((file) => this.#variableOf(file, asked));
        return values.find((value) => value !== undefined) ?? environment.get(asked);
      },
      fileOf: (asked) => this.#fileThatSets(variables(asked).files, asked),
      run: { by: 'systemd', unit: { name, installs, ...(startsByItself && { startsByItself }) } },
      ...mine,
    };
  }

  /** What all units start. */
  all(running: readonly string[]): FoundProgram[] {
    const units = this.#units.names().flatMap((name) => {
      const unit = this.#units.unit(name);
      return unit ? this.unitsOf(name, unit, running) : [];
    });
    // An instance may have a file of its own, which is a link to that of its template.
    return [...new Map(units.map((unit) => [unit.name, unit])).values()].flatMap((unit) => this.of(unit));
  }

  /**
   * A unit, or of a template each instance that is enabled, that has an environment file, or that runs.
   *
   * @param named the unit's name, or the path of its file.
   */
  unitsOf(named: string, unit: SystemdUnit, running: readonly string[]): SystemdUnit[] {
    const { name } = unit;
    if (!isTemplate(unit)) return [unit];
    const instances = [
      ...running.filter((one) => one.startsWith(name)),
      ...this.#units.enabledInstances(name),
      ...this.#instancesWithFiles(named, name),
    ];
    return [...new Set(instances)].sort().flatMap((one) => this.#units.unit(named, one) ?? []);
  }

  /** One that this user may not read is believed to, if it is the only one. */
  #fileThatSets(files: readonly string[], variable: string): string | undefined {
    const [only, ...more] = files;
    const hidden =
      more.length === 0 && only !== undefined && this.#text(only) === undefined ? only : undefined;
    return files.find((file) => this.#variableOf(file, variable) !== undefined) ?? hidden;
  }

  #variableOf(file: string, name: string): string | undefined {
    return variableIn(file, this.#text(file), name);
  }

  #text(file: string): string | undefined {
    return textOf(isAbsolute(file) ? join(this.#root, file) : file);
  }

  /** Of `EnvironmentFile=/etc/rekor/%i.env`, one instance for each such file that names a tree as the unit expects. */
  #instancesWithFiles(named: string, template: string): string[] {
    const any = this.#units.unit(named, `${template}*`);
    const [started] = any ? this.of(any) : [];
    const variable = soleVariable(started?.flags.get('trillian_log_server.tlog_id') ?? '');
    if (!any || !variable) return [];
    const files = [...any.environmentFiles, ...(any.container?.environmentFiles ?? [])];
    return files.flatMap((pattern) => {
      const [before, after, ...more] = basename(pattern).split('*');
      const folder = dirname(pattern);
      if (before === undefined || after === undefined || more.length > 0 || folder.includes('*')) return [];
      return namesIn(join(this.#root, folder))
        .filter((name) => name.startsWith(before) && name.endsWith(after))
        .filter((name) => this.#variableOf(join(folder, name), variable.name) !== undefined)
        .map((name) => `${template}${name.slice(before.length, name.length - after.length)}`);
    });
  }
}

/** Where variables of a command are set. */
interface Variables {
  /** The first that sets one wins, and over what is said without a file. */
  readonly files: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
}

/** systemd.exec(5): what a file sets wins, and the last file does. */
function variablesOf({ environmentFiles, environment }: SystemdUnit): Variables {
  return { files: environmentFiles.toReversed(), environment };
}

/** Whether a unit is a template, of which only instances can be started. */
export function isTemplate({ name }: SystemdUnit): boolean {
  return name.endsWith('@');
}

/** The value of one variable of an environment file; undefined where it has none, or not one alone. */
export function variableIn(file: string, text: string | undefined, name: string): string | undefined {
  try {
    return text === undefined ? undefined : assignmentOf(file, text, name).value;
  } catch {
    return undefined;
  }
}

/** The manifest and the ConfigMaps of `podman kube play FILE --configmap FILE`. */
function playedFiles(words: readonly string[]): string[] {
  const at = words.findIndex((word, place) => word === 'play' && words[place - 1] === 'kube');
  if (!/^podman$/.test(basename(words[0] ?? '')) || at < 0) return [];
  const rest = words.slice(at + 1);
  const configMaps = rest.flatMap((word, place) => {
    const [, joined] = /^--configmap=(.*)$/.exec(word) ?? [];
    return (joined ?? (word === '--configmap' ? rest[place + 1] : undefined))?.split(',') ?? [];
  });
  const isFile = (word: string): boolean => /^\/.*\.ya?ml$/.test(word) && !configMaps.includes(word);
  return [...rest.filter(isFile), ...configMaps];
}
