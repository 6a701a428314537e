import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorReason } from '../../activities/errors/error-reason';
import type { FoundProgram, ProgramName } from '../../programs/found-program';
import { HostNames } from './host-names';
import { readComposeFiles, type ComposeProject } from '../../programs/readers/compose-file';
import { readKubeFiles } from '../../programs/readers/kube-files';
import { readProcesses, type RunningProgram } from '../../programs/readers/processes';
import { textOf, UNIT_FOLDERS, UnitFiles, unitNamed } from '../../programs/unit-files';
import { UnitPrograms, variableIn } from '../../programs/unit-programs';
import { whyUnreadable } from './why-unreadable';

/** What a person has named; where nothing is named, it is searched. */
export interface Named {
  readonly units: readonly string[];
  readonly composeFiles: readonly string[];
  readonly kubeFiles: readonly string[];
}

/** Where to search. */
export interface SearchedHost {
  /** The folder that the host's file system is mounted at. */
  readonly root: string;
  /** The working folder, in which compose looks for its file. */
  readonly folder: string;
}

/** What was found of a log on a host. */
export interface FoundLog {
  readonly programs: readonly FoundProgram[];
  /** By each name of a service or pod, which port of the host each of its ports is. */
  readonly published: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly hostNames: HostNames;
}

/** What was named cannot be read; the message names it, and quotes nothing of it. */
export class NamedUnreadable extends Error {
  constructor(option: string, named: string, reason: string, cause?: unknown) {
    super(`${option} is ${named}; ${reason}.`, { cause });
    this.name = 'NamedUnreadable';
  }
}

const NO_PROGRAM = 'no rekor-server, trillian_log_server or trillian_log_signer that can be told';

/** In the order in which compose looks for them; it takes the override beside the first. */
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/**
 * Finds the programs of a log: those that are named, and for each program that is not among them those that run, that a unit of
 * systemd starts, or that the compose file of the working folder has. It only reads files.
 *
 * @throws NamedUnreadable
 */
export function search(named: Named, { root, folder }: SearchedHost): FoundLog {
  const unitFiles = new UnitFiles(root);
  const units = new UnitPrograms(unitFiles, root);
  const running = readProcesses(join(root, 'proc'));
  const compose = composeProject(named.composeFiles, folder);
  const names: readonly ProgramName[] = ['rekor-server', 'trillian_log_server', 'trillian_log_signer'];
  const told = unique([
    ...named.units.flatMap((name) => namedUnit(name, { units, unitFiles, running })),
    ...(named.composeFiles.length > 0 ? compose.programs : []),
    ...kubePrograms(named.kubeFiles, folder),
  ]);
  const byUnits = units.all(running.flatMap(({ unit }) => unit ?? []));
  const onHost = [...withoutUnits(running, byUnits, unitFiles), ...byUnits];
  const elsewhere = running.filter(({ run }) => run.by === 'container');
  const sources = [told, onHost, compose.programs, elsewhere];
  const programs = names.flatMap((name) => {
    const ofName = sources.map((source) => source.filter(({ program }) => program === name));
    return ofName.find((found) => found.length > 0) ?? [];
  });
  const published = programs.flatMap(({ names: own, ports }) =>
    own.map((name) => [name, ports === 'host' ? new Map<number, number>() : ports] as const),
  );
  return {
    programs,
    published: new Map([...compose.published, ...published]),
    hostNames: new HostNames(root),
  };
}

/** What a unit that a person names starts, by its file, else by what runs in it. */
function namedUnit(
  name: string,
  host: {
    readonly units: UnitPrograms;
    readonly unitFiles: UnitFiles;
    readonly running: readonly RunningProgram[];
  },
): FoundProgram[] {
  const { units, unitFiles, running } = host;
  const unit = unitFiles.unit(name);
  if (!unit) throw new NamedUnreadable('--unit', name, whyNoUnit(name, unitFiles));
  const all = units.unitsOf(
    name,
    unit,
    running.flatMap((one) => one.unit ?? []),
  );
  if (all.length === 0) {
    throw new NamedUnreadable(
      '--unit',
      name,
      `it is a template, and no instance of it runs, is enabled, or has an environment file that sets its tree. Name an instance, such as ${unit.name}blue`,
    );
  }
  const found = all.flatMap((one) => {
    const own = units.of(one);
    const runs = running.filter((program) => program.unit === one.name);
    return own.length > 0 ? own : withoutUnits(runs, [], unitFiles);
  });
  if (found.length === 0) throw new NamedUnreadable('--unit', name, `what it starts is ${NO_PROGRAM}`);
  return found;
}

function whyNoUnit(name: string, unitFiles: UnitFiles): string {
  if (name.includes('/')) return whyUnreadable(name);
  const hidden = unitFiles.filesOf(unitNamed(name)).find((file) => existsSync(file));
  return hidden === undefined
    ? `no file of such a unit is in ${UNIT_FOLDERS.join(', ')}`
    : `${hidden} cannot be read: ${whyUnreadable(hidden)}`;
}

/** A person may name one program twice, as an instance and by its template. */
function unique(programs: readonly FoundProgram[]): FoundProgram[] {
  return [...new Map(programs.map((one) => [`${one.program} ${one.where}`, one])).values()];
}

/** What runs on the host and is in no unit that was read: in a unit whose file says less than the process, or in none. */
function withoutUnits(
  running: readonly RunningProgram[],
  byUnits: readonly FoundProgram[],
  unitFiles: UnitFiles,
): FoundProgram[] {
  const known = byUnits.flatMap(({ run }) => (run.by === 'systemd' ? [run.unit.name] : []));
  return running
    .filter(({ run, unit }) => run.by === 'process' && !known.includes(unit ?? ''))
    .map((program) => {
      const { unit, where } = program;
      if (unit === undefined) return program;
      const run = {
        by: 'systemd',
        unit: { name: unit, installs: unitFiles.unit(unit)?.installs ?? false },
      } as const;
      return { ...program, where: `${unit}.service (${where})`, run };
    });
}

function composeProject(files: readonly string[], folder: string): ComposeProject {
  const paths = (files.length > 0 ? files : ownComposeFiles(folder)).map((file) => resolve(folder, file));
  const read = paths.map((path) => ({ path, text: named('--compose', path) }));
  if (read.length === 0) return { programs: [], published: new Map() };
  const project = parsed('--compose', paths, () =>
    readComposeFiles(read, (file, name) => variableIn(file, textOf(file), name)),
  );
  if (files.length > 0 && project.programs.length === 0) {
    throw new NamedUnreadable('--compose', paths.join(', '), `none of its services is ${NO_PROGRAM}`);
  }
  return project;
}

function ownComposeFiles(folder: string): string[] {
  const [first] = COMPOSE_FILES.filter((name) => textOf(join(folder, name)) !== undefined);
  if (first === undefined) return [];
  const override = first.replace(/\.(ya?ml)$/, '.override.$1');
  return [first, ...(textOf(join(folder, override)) === undefined ? [] : [override])];
}

function kubePrograms(files: readonly string[], folder: string): FoundProgram[] {
  const paths = files.map((file) => resolve(folder, file));
  const programs = parsed('--kube', paths, () =>
    readKubeFiles(paths.map((path) => ({ path, text: named('--kube', path) }))),
  );
  if (files.length > 0 && programs.length === 0) {
    throw new NamedUnreadable('--kube', paths.join(', '), `none of its containers is ${NO_PROGRAM}`);
  }
  return programs;
}

function named(option: string, path: string): string {
  const text = textOf(path);
  if (text === undefined) throw new NamedUnreadable(option, path, whyUnreadable(path));
  return text;
}

/** The parser's own message quotes the file, in which passwords may stand. */
function parsed<Result>(option: string, paths: readonly string[], read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof NamedUnreadable) throw error;
    const reason = `it is no YAML that can be read (${errorReason(error)})`;
    throw new NamedUnreadable(option, paths.join(', '), reason, error);
  }
}
