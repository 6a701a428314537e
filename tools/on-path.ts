import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { go } from './go';
import type { PinnedProgram } from './pinned';

const run = promisify(execFile);

/** What a program was built from, as Go wrote it into the program. */
export interface BuildRecord {
  readonly package: string;
  readonly module: string;
  readonly version: string;
  readonly tags: readonly string[];
}

/** The first program of this name on PATH that was built from this version with all of these tags; else null. */
export async function findOnPath(
  program: PinnedProgram,
  pinned: {
    readonly module: string;
    readonly version: string;
    readonly tags: readonly string[];
    readonly saysOfItself?: string | undefined;
  },
  signal?: AbortSignal,
): Promise<string | null> {
  for (const file of executables(program.name, process.env['PATH'])) {
    const record = parseBuildRecord(
      await go(['version', '-m', file], { directory: tmpdir(), signal }).catch(() => ''),
    );
    signal?.throwIfAborted();
    if (
      record?.package === program.package &&
      record.module === pinned.module &&
      pinned.tags.every((tag) => record.tags.includes(tag)) &&
      (record.version === pinned.version ||
        (record.version === FROM_A_CHECKOUT && (await says(file, pinned.saysOfItself))))
    ) {
      return file;
    }
  }
  return null;
}

/** What Go records as the version of a program that was built in a checkout of its source. */
const FROM_A_CHECKOUT = '(devel)';

async function says(file: string, wanted: string | undefined): Promise<boolean> {
  if (wanted === undefined) {
    return false;
  }
  try {
    const { stdout } = await run(file, ['--version'], { timeout: 10_000 });
    return stdout.split('\n').some((line) => line.trim() === wanted);
  } catch {
    return false;
  }
}

/** Reads the output of `go version -m`; null for a program that is not Go's or was stripped of it. */
export function parseBuildRecord(text: string): BuildRecord | null {
  const path = /^\tpath\t(\S+)$/m.exec(text)?.[1];
  const module = /^\tmod\t(\S+)\t(\S+)/m.exec(text);
  const tags = /^\tbuild\t-tags=(\S*)$/m.exec(text)?.[1] ?? '';
  if (path === undefined || module?.[1] === undefined || module[2] === undefined) {
    return null;
  }
  return { package: path, module: module[1], version: module[2], tags: tags.split(',').filter(Boolean) };
}

/** Every program of this name in the folders of a PATH, first one first. */
export function executables(name: string, path = ''): string[] {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
