import { resolve } from 'node:path';
import { at, entriesOf, isSection } from '../../config/raw-section';
import type { Mount } from '../found-program';
import { wordsOf } from '../shell-words';
import { withVariables } from '../variables';
import { type Container, mountFrom, portPair, publishedPort } from './container';

/** A service of compose. */
export interface Service extends Container {
  readonly restart: string;
}

/** What every service of a project is read with. */
export interface Project {
  readonly folder: string;
  /** What compose fills in itself, from `.env`. */
  readonly variable: (name: string) => string | undefined;
}

/**
 * Reads a service as one file has it, over what earlier files say of it: command and image are replaced, lists added to. Variables
 * of a command stay as they are written.
 */
export function readService(name: string, section: unknown, project: Project, before?: Service): Service {
  const own = (value: unknown): string => withVariables(textOf(value) ?? '', project.variable);
  const list = (key: string): unknown[] =>
    [at(section, [key])].flat().filter((value) => value !== undefined && value !== null);
  const file = (value: unknown): string =>
    resolve(project.folder, own(isSection(value) ? at(value, ['path']) : value));
  const words = ['entrypoint', 'command'].flatMap((key) => commandOf(at(section, [key])));
  const ports = list('ports').flatMap((port) => portOf(port, own));
  const mounts = list('volumes').flatMap((volume) => mountOf(volume, project, own));
  const names = [name, ...[...list('container_name'), ...list('hostname')].map(own)];
  return {
    words: words.length > 0 ? words : (before?.words ?? []),
    image: textOf(at(section, ['image'])) ?? before?.image ?? '',
    environment: new Map([...(before?.environment ?? []), ...environmentOf(at(section, ['environment']))]),
    environmentFiles: [...list('env_file').map(file).toReversed(), ...(before?.environmentFiles ?? [])],
    ports: new Map([...(before?.ports ?? []), ...ports]),
    onHost: at(section, ['network_mode']) === 'host' || before?.onHost === true,
    mounts: [...mounts, ...(before?.mounts ?? [])],
    names: [...new Set([...names, ...(before?.names ?? [])])],
    restart: textOf(at(section, ['restart'])) ?? before?.restart ?? '',
  };
}

/** The text of a value that is no list and no section. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A list of words, or a text that is divided into words. */
function commandOf(command: unknown): string[] {
  if (Array.isArray(command)) return command.map((word: unknown) => textOf(word) ?? '');
  return wordsOf(textOf(command) ?? '');
}

/** A list of `NAME=value`, or a section; a name without a value is the shell's, which is not ours to know. */
function environmentOf(environment: unknown): [string, string][] {
  if (!Array.isArray(environment)) {
    return entriesOf(environment).flatMap(([name, value]): [string, string][] => {
      const text = textOf(value);
      return text === undefined ? [] : [[name, text]];
    });
  }
  return environment.flatMap((line: unknown): [string, string][] => {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(textOf(line) ?? '') ?? [];
    return name === undefined ? [] : [[name, value]];
  });
}

/** `[IP:][HOST:]CONTAINER[/tcp]`, or the same as a section. */
function portOf(port: unknown, own: (value: unknown) => string): [number, number][] {
  return isSection(port)
    ? portPair(own(at(port, ['target'])), own(at(port, ['published'])))
    : publishedPort(own(port));
}

/** `HOST:CONTAINER[:options]`, or the same as a section. */
function mountOf(volume: unknown, { folder }: Project, own: (value: unknown) => string): Mount[] {
  const [source, target] = isSection(volume)
    ? [own(at(volume, ['source'])), own(at(volume, ['target']))]
    : own(volume).split(':');
  return mountFrom(source, target, folder);
}
