import { basename, resolve } from 'node:path';
import type { Mount } from '../found-program';
import { wordsOf } from '../shell-words';
import { type Container, mountFrom, publishedPort } from './container';

/** Options that take no word: docker-run(1), podman-run(1). Every other one takes the next word, unless it has `=`. */
const SWITCHES: ReadonlySet<string> = new Set([
  ...['detach', 'disable-content-trust', 'env-host', 'help', 'http-proxy', 'init', 'interactive'],
  ...['no-healthcheck', 'no-hostname', 'no-hosts', 'oom-kill-disable', 'passwd', 'privileged'],
  ...['publish-all', 'quiet', 'read-only', 'read-only-tmpfs', 'replace', 'rm', 'rmi', 'rootfs'],
  ...['sig-proxy', 'tls-verify', 'tty', 'unsetenv-all', 'use-api-socket'],
]);

/** The short options that are read; `-d`, `-i`, `-t`, `-q` and `-P` take no word. */
const SHORT: Readonly<Record<string, string>> = {
  ...{ e: 'env', h: 'hostname', p: 'publish', v: 'volume' },
};

/**
 * The container that a command line runs; undefined where it runs none, or by another engine.
 *
 * @param folder against which relative paths count.
 */
export function readContainerRun(words: readonly string[], folder: string): Container | undefined {
  const [engine = '', ...rest] = words;
  const verb = rest[0] === 'container' ? 1 : 0;
  if (!/^(docker|podman)$/.test(basename(engine)) || rest[verb] !== 'run') return undefined;
  const { options, behind } = divided(rest.slice(verb + 1));
  const [image, ...command] = behind;
  if (image === undefined) return undefined;
  const all = (...names: readonly string[]): string[] =>
    options.flatMap(([name, value]) => (names.includes(name) ? [value] : []));
  const path = (file: string): string => resolve(folder, file);
  const entryPoint = all('entrypoint').at(-1);
  return {
    image,
    words: [...(entryPoint === undefined ? [] : entryPointWords(entryPoint)), ...command],
    environment: new Map(all('env').flatMap(assignment)),
    environmentFiles: all('env-file').map(path).toReversed(),
    ports: new Map(all('publish').flatMap(publishedPort)),
    onHost: all('network', 'net').includes('host'),
    mounts: [
      ...all('volume').flatMap((volume) => {
        const [source, target] = volume.split(':');
        return mountFrom(source, target, folder);
      }),
      ...all('mount').flatMap((mount) => boundBy(mount, folder)),
    ],
    names: all('name', 'hostname', 'network-alias'),
  };
}

/** The options with their values, and what stands behind them: the image and its command. */
function divided(words: readonly string[]) {
  const options: [name: string, value: string][] = [];
  let place = 0;
  for (; words[place]?.startsWith('-') === true && words[place] !== '--'; place += 1) {
    const word = words[place] ?? '';
    const [, long, joined] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (long !== undefined) {
      if (joined === undefined && SWITCHES.has(long)) continue;
      options.push([long, joined ?? words[(place += 1)] ?? '']);
      continue;
    }
    // `-it`, `-p 1:2`, `-p1:2`, and `-dp 1:2`.
    const [, letter = '', attached = ''] = /^-[ditqP]*([^ditqP]?)=?(.*)$/s.exec(word) ?? [];
    if (letter === '') continue;
    options.push([SHORT[letter] ?? letter, attached === '' ? (words[(place += 1)] ?? '') : attached]);
  }
  return { options, behind: words.slice(words[place] === '--' ? place + 1 : place) };
}

/** One program, or a list of words as JSON. */
function entryPointWords(text: string): string[] {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? words.map(String) : [text];
  } catch {
    return wordsOf(text);
  }
}

/** `NAME=value`; a name without a value is that of whoever runs it, which is not known. */
function assignment(text: string): [string, string][] {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  return name === undefined ? [] : [[name, value]];
}

/** `type=bind,source=HOST,target=CONTAINER` and its other words. */
function boundBy(mount: string, folder: string): Mount[] {
  const parts = new Map(mount.split(',').flatMap(assignment));
  const first = (...names: readonly string[]): string | undefined =>
    names.flatMap((name) => parts.get(name) ?? [])[0];
  return parts.get('type') === 'bind'
    ? mountFrom(first('source', 'src'), first('target', 'destination', 'dst'), folder)
    : [];
}
