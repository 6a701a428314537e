import { basename, dirname, isAbsolute, join } from 'node:path';
import { assignmentOf } from '../activities/installation/host/environment-file';
import type { FoundProgram } from './found-program';
import { startedBy } from './program-words';
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

  /** What a unit starts: the program itself, or by `podman kube play` those of a manifest. */
  of(unit: SystemdUnit): FoundProgram[] {
    const started = startedBy(unit.execStart);
    if (started) {
      const { name, environmentFiles, environment, folder, installs } = unit;
      return [
        {
          ...started,
          where: `${name}.service`,
          // systemd.exec(5): what a file sets wins, and the last file does.
          variable: (asked) =>
            environmentFiles
              .toReversed()
              .map((file) => this.#variableOf(file, asked))
              .find((value) => value !== undefined) ?? environment.get(asked),
          fileOf: (asked) => this.#fileThatSets(environmentFiles.toReversed(), asked),
          run: { by: 'systemd', unit: { name, installs } },
          ports: 'host',
          names: [],
          mounts: 'host',
          folder,
        },
      ];
    }
    const played = playedFiles(unit.execStart);
    const files = played.flatMap((path) => {
      const text = this.#text(path);
      return text === undefined ? [] : [{ path, text }];
    });
    return readKubeFiles(files, unit);
  }

  /** What all units start. */
  all(running: readonly string[]): FoundProgram[] {
    return this.#units.names().flatMap((name) => {
      const unit = this.#units.unit(name);
      return unit ? this.unitsOf(name, unit, running).flatMap((one) => this.of(one)) : [];
    });
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
    return any.environmentFiles.flatMap((pattern) => {
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
