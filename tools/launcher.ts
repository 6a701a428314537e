import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from './build-tool';
import { toolCache } from './cache';
import { go, requireGo } from './go';
import { takeLock } from './lock';

/** The folder with the launcher's own module: in the sources as in the compiled copy. */
const sources = join(__dirname, '..', 'launcher');

const FLAGS = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w'];

export interface LauncherOptions extends BuildOptions {
  /** For which system, in Node.js's words: this one, if nothing else is said. Images want `linux`. */
  readonly system?: NodeJS.Platform;
}

/**
 * Builds the launcher into the cache of tools, unless exactly this one is there; returns its path. It is static. The
 * processor is that of this machine, or Go's `GOARCH`. Safe for several processes at a time.
 *
 * @throws GoMissing when no Go can build it; what Go said, when it does not compile.
 */
export async function ensureLauncher({
  report,
  signal,
  system = process.platform,
}: LauncherOptions): Promise<string> {
  const folder = join(toolCache(), `launcher-${hashOf(system)}`);
  const program = join(folder, 'launcher');
  if (existsSync(program)) {
    return program;
  }
  const unlock = await takeLock(`${folder}.lock`, {
    onWait: ({ pid }) => report(`Process ${pid} is building the launcher already; waiting for it.`),
    ...(signal ? { signal } : {}),
  });
  try {
    if (!existsSync(program)) {
      const version = await requireGo(sources, neededGo(), signal);
      report(`Building the launcher with ${version}; with empty caches this takes up to a minute.`);
      await mkdir(folder, { recursive: true });
      const partial = join(folder, 'partial');
      await go(['build', ...FLAGS, '-o', partial, '.'], {
        ...{ directory: sources, signal, environment: { GOOS: system }, isPatient: true },
      });
      await rename(partial, program);
    }
  } finally {
    await unlock();
  }
  return program;
}

function hashOf(system: NodeJS.Platform): string {
  const names = readdirSync(sources).filter((name) => name === 'go.mod' || isSource(name));
  const hash = createHash('sha256');
  for (const name of names.sort()) {
    hash.update(JSON.stringify([name, readFileSync(join(sources, name), 'utf8')]));
  }
  hash.update(JSON.stringify([FLAGS, system, process.env['GOARCH'] ?? process.arch]));
  return hash.digest('hex').slice(0, 16);
}

const isSource = (name: string): boolean => name.endsWith('.go') && !name.endsWith('_test.go');

function neededGo(): string {
  return /^go (\S+)$/m.exec(readFileSync(join(sources, 'go.mod'), 'utf8'))?.[1] ?? 'of launcher/go.mod';
}
