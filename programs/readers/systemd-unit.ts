import { wordsOf } from '../shell-words';
import type { Container } from './container';
import { readContainerRun } from './container-run';

/** What a service of systemd starts: systemd.service(5), systemd.exec(5). */
export interface SystemdUnit {
  /** Without `.service`. */
  readonly name: string;
  readonly execStart: readonly string[];
  readonly environmentFiles: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly folder: string;
  /** It can be enabled: it has a section [Install]. */
  readonly installs: boolean;
  /** The container that it runs, if that is what it does. */
  readonly container?: Container | undefined;
  /** It is made of a file of podman's, and nobody can enable or disable it; whether it starts with the host. */
  readonly quadlet?: { readonly startsWithHost: boolean };
}

/**
 * Reads a unit.
 *
 * @param name of the unit or of an instance of it, without `.service`: its specifiers (`%i`) are filled in.
 * @param texts the unit's file, then its drop-ins in the order of their names.
 */
export function readSystemdUnit(name: string, texts: readonly string[]): SystemdUnit {
  const valuesOf = settingsIn(name, 'Service', texts);
  const last = (key: string): string | undefined => valuesOf(key).at(-1);
  // Before its program, systemd takes characters for how to run it.
  const [program = '', ...words] = wordsOf(last('ExecStart') ?? '');
  const execStart = [program.replace(/^[@\-:+!|]+/, ''), ...words];
  const folder = last('WorkingDirectory')?.replace(/^-/, '') ?? '/';
  return {
    name,
    execStart,
    environmentFiles: valuesOf('EnvironmentFile').map((file) => file.replace(/^-/, '')),
    environment: new Map(
      valuesOf('Environment')
        .flatMap(wordsOf)
        .map((word): [string, string] => [word.split('=')[0] ?? '', word.split('=').slice(1).join('=')]),
    ),
    folder,
    installs: texts.some((text) => /^\s*\[Install\]\s*$/m.test(text)),
    container: readContainerRun(execStart, folder),
  };
}

/** The name of an instance: `blue` of `rekor@blue`. */
export function instanceOf(unit: string): string | undefined {
  const at = unit.indexOf('@');
  return at < 0 ? undefined : unit.slice(at + 1);
}

/**
 * The values of each key of one section, in files of one form with units of systemd; an empty value takes back those before it.
 *
 * @param name of the unit: its specifiers are filled in.
 */
export function settingsIn(
  name: string,
  section: string,
  texts: readonly string[],
): (key: string) => readonly string[] {
  const settings = texts
    .flatMap((text) => settingsOf(text, section))
    .map(([key, value]) => [key, specified(value, name)] as const);
  return (key) => listOf(settings, key);
}

/** `KEY=value` lines of one section, without comments, and with lines that go on put together. */
function settingsOf(text: string, wanted: string): [string, string][] {
  let section = '';
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*[#;]/.test(line))
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  return lines.flatMap((line): [string, string][] => {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1] ?? section;
    const [, key, value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return section === wanted && key !== undefined ? [[key, value]] : [];
  });
}

/** The values of a key; an empty one takes back those before it. */
function listOf(settings: readonly (readonly [string, string])[], key: string): string[] {
  const values = settings.filter(([name]) => name === key).map(([, value]) => value);
  return values.slice(values.lastIndexOf('') + 1);
}

/** Fills in the specifiers that tell where something is by the unit's name: systemd.unit(5), "Specifiers". */
function specified(value: string, unit: string): string {
  const instance = instanceOf(unit) ?? '';
  const known: Readonly<Record<string, string>> = {
    '%': '%',
    i: instance,
    I: instance.replaceAll('-', '/'),
    n: `${unit}.service`,
    N: unit,
    p: unit.split('@')[0] ?? unit,
  };
  return value.replaceAll(/%(.)/g, (whole, letter: string) => known[letter] ?? whole);
}
