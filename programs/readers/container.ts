import { resolve } from 'node:path';
import type { Mount } from '../found-program';

/** A container, by what it takes to find a program in it and to reach that. */
export interface Container {
  readonly image: string;
  /** What runs in it: its own entry point, if one is given, and its command. */
  readonly words: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** The last one first, because it wins. */
  readonly environmentFiles: readonly string[];
  readonly ports: ReadonlyMap<number, number>;
  /** It has the host's network, so its ports are the host's. */
  readonly onHost: boolean;
  readonly mounts: readonly Mount[];
  /** By which others call it. */
  readonly names: readonly string[];
}

/** `[IP:][HOST:]CONTAINER[/tcp]`; a port that is chosen anew at each start is none. Gives the port inside and that of the host. */
export function publishedPort(text: string): [number, number][] {
  const [container, host] = text
    .replace(/\/tcp$/, '')
    .split(':')
    .toReversed();
  return portPair(container, host);
}

export function portPair(container: string | undefined, host: string | undefined): [number, number][] {
  const [inside, outside] = [Number(container), Number(host)];
  return inside > 0 && outside > 0 ? [[inside, outside]] : [];
}

/** A folder or file of the host inside of a container; a volume that the engine keeps is no path of the host's. */
export function mountFrom(source: string | undefined, target: string | undefined, folder: string): Mount[] {
  if (source === undefined || target === undefined) return [];
  return /^[./]/.test(source) ? [{ inside: target, outside: { path: resolve(folder, source) } }] : [];
}
