import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A password that stands in every place where a real one would. */
export const PASSWORD = 'hunter2-Zaphod';

/** A host of files: what a search reads, below a folder of its own. */
export interface PlantedHost {
  readonly root: string;
  /** A path below it. */
  file(path: string): string;
}

/** A process, as proc(5) shows it. */
export interface PlantedProcess {
  readonly words: readonly string[];
  /** The last part of its control group, such as `/system.slice/rekor.service`. */
  readonly group?: string;
}

/** Plants files by their paths, processes by their ids, and links by their paths. */
export function plantedHost(
  files: Readonly<Record<string, string>>,
  processes: Readonly<Record<number, PlantedProcess>> = {},
  links: readonly string[] = [],
): PlantedHost {
  const root = mkdtempSync(join(tmpdir(), 'init-'));
  const file = (path: string): string => join(root, path);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(file(path)), { recursive: true });
    writeFileSync(file(path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  write('proc/self/cgroup', '0::/\n');
  for (const [pid, { words, group = '/' }] of Object.entries(processes)) {
    write(`proc/${pid}/cmdline`, words.map((word) => `${word}\0`).join(''));
    write(`proc/${pid}/cgroup`, `0::${group}\n`);
    symlinkSync('/srv/rekor', file(`proc/${pid}/cwd`));
  }
  for (const link of links) {
    mkdirSync(dirname(file(link)), { recursive: true });
    symlinkSync('/nowhere', file(link));
  }
  return { root, file };
}
