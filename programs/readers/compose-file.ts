import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { at, entriesOf } from '../../config/raw-section';
import type { FoundProgram } from '../found-program';
import { startedBy, startedWith } from '../program-words';
import { readService, type Service } from './compose-service';

/** One file of a compose project. */
export interface ComposeFile {
  readonly path: string;
  readonly text: string;
}

/** What a variable stands for in a file that compose reads beside its own: `.env`, and those that a service names. */
export type FileVariable = (file: string, name: string) => string | undefined;

/** What a compose project says of a log: its programs, and where its services are reached from the host. */
export interface ComposeProject {
  readonly programs: readonly FoundProgram[];
  /** Of every service, by each of its names, which port of the host each of its ports is. */
  readonly published: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/**
 * Reads a compose project of one file or several, of which later ones add to the earlier ones.
 *
 * @throws YAMLParseError when a file is no YAML.
 */
export function readComposeFiles(files: readonly ComposeFile[], fileVariable: FileVariable): ComposeProject {
  const folder = dirname(files[0]?.path ?? '.');
  const variable = (name: string): string | undefined => fileVariable(resolve(folder, '.env'), name);
  const services = new Map<string, Service>();
  for (const { text } of files) {
    const document: unknown = parse(text, { merge: true });
    for (const [name, section] of entriesOf(at(document, ['services']))) {
      services.set(name, readService(name, section, { folder, variable }, services.get(name)));
    }
  }
  const paths = files.map(({ path }) => path);
  const programs = [...services].flatMap(([name, service]): FoundProgram[] => {
    const { words, image, environment, environmentFiles, ports, onHost, mounts, names, restart } = service;
    const started = startedBy(words) ?? startedWith(words, [image, name]);
    if (!started) return [];
    const fileOf = (asked: string): string | undefined =>
      environmentFiles.find((file) => fileVariable(file, asked) !== undefined);
    return [
      {
        ...started,
        where: `service ${name} of ${paths.join(', ')}`,
        variable: (asked) =>
          environment.get(asked) ?? fileVariable(fileOf(asked) ?? '', asked) ?? variable(asked),
        // Only of what compose leaves to the container; what it fills in itself is of the whole project.
        fileOf,
        run: { by: 'compose', files: paths, service: name, startsWithDocker: restart === 'always' },
        ports: onHost ? 'host' : ports,
        names,
        mounts,
      },
    ];
  });
  const published = [...services.values()].flatMap(({ names, ports }) =>
    names.map((name) => [name, ports] as const),
  );
  return { programs, published: new Map(published) };
}
