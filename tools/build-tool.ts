import { chmod, copyFile, cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildArguments, pinnedVersions } from './cache';
import { go, requireGo } from './go';
import { moduleFolder, type PinnedTool } from './pinned';

export interface BuildOptions {
  /** Gets one line now and then. */
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const progressEveryMs = 10_000;

/**
 * Builds a tool's programs into a folder of the cache. Each appears there whole and at once; what an earlier, broken
 * off build left in `partial` is thrown away, but Go's own caches make the repetition short.
 */
export async function buildTool(tool: PinnedTool, folder: string, options: BuildOptions): Promise<void> {
  const { report, signal } = options;
  const { partial, source, built } = await freshFolders(tool, folder);
  const { module: version, go: needed } = pinnedVersions(tool);
  const goVersion = await requireGo(source, needed, signal);
  const names = tool.programs
    .map((program) => program.name)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ');
  report(`Building ${names} ${version} with ${goVersion}; with empty caches this takes ${tool.expected}.`);

  const progress = reportProgress(names, report);
  try {
    const packages = tool.programs.map((program) => program.package);
    const args = ['build', '-v', ...buildArguments(tool), '-o', `${built}/`, ...packages];
    await go(args, { directory: source, signal, onLine: progress.line, isPatient: true });
    for (const { name, builtAs = name } of tool.programs) {
      await rename(join(built, builtAs), join(built, name));
    }
    await copyExtras(tool, source, built, signal);
  } finally {
    progress.end();
  }
  for (const name of filesOf(tool)) {
    await rename(join(built, name), join(folder, name));
  }
  await rm(partial, { recursive: true, force: true });
  report(`Built ${names} in ${progress.seconds()} s; kept in ${folder}.`);
}

/** Puts into the cache only what a tool needs besides its programs, for programs that were found on PATH. */
export async function fetchExtras(tool: PinnedTool, folder: string, { signal }: BuildOptions): Promise<void> {
  const { partial, source, built } = await freshFolders(tool, folder);
  await requireGo(source, pinnedVersions(tool).go, signal);
  await go(['mod', 'download', tool.module], { directory: source, signal });
  await copyExtras(tool, source, built, signal);
  for (const { name } of tool.extras ?? []) {
    await rename(join(built, name), join(folder, name));
  }
  await rm(partial, { recursive: true, force: true });
}

async function freshFolders(tool: PinnedTool, folder: string) {
  const partial = join(folder, 'partial');
  const source = join(partial, 'module');
  const built = join(partial, 'programs');
  await rm(partial, { recursive: true, force: true });
  await mkdir(built, { recursive: true });
  // A copy, because Go may write to the folder of a module that it builds.
  await cp(moduleFolder(tool), source, { recursive: true });
  return { partial, source, built };
}

/** Takes the extra files from where Go keeps the module. */
async function copyExtras(
  tool: PinnedTool,
  source: string,
  built: string,
  signal?: AbortSignal,
): Promise<void> {
  if (tool.extras === undefined) {
    return;
  }
  const where = (
    await go(['list', '-m', '-f', '{{.Dir}}', tool.module], { directory: source, signal })
  ).trim();
  for (const { name, path } of tool.extras) {
    const copy = join(built, name);
    await copyFile(join(where, path), copy);
    await chmod(copy, 0o644); // Go's module cache is read-only.
  }
}

/** What the cache folder of a tool holds once it is built. */
export function filesOf(tool: PinnedTool): readonly string[] {
  return [...tool.programs.map((program) => program.name), ...(tool.extras ?? []).map(({ name }) => name)];
}

function reportProgress(names: string, report: (line: string) => void) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1_000);
  let compiled = 0;
  let downloaded = 0;
  const timer = setInterval(() => {
    report(`  ${names}: ${seconds()} s, ${downloaded} modules fetched, ${compiled} packages compiled`);
  }, progressEveryMs);
  return {
    /** `go build -v` names each package that it compiles, and each module that it downloads. */
    line: (line: string) => {
      if (line.startsWith('go: downloading ')) {
        downloaded += 1;
      } else if (line !== '') {
        compiled += 1;
      }
    },
    seconds,
    end: () => clearInterval(timer),
  };
}
