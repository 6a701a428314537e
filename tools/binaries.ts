import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTool, fetchExtras, filesOf, type BuildOptions } from './build-tool';
import { cacheFolder, pinnedVersions } from './cache';
import { takeLock } from './lock';
import { findOnPath } from './on-path';
import { pinnedTools, type PinnedTool } from './pinned';

/** Absolute paths of the programs that the lab runs, and of Trillian's database schemas. */
export interface Binaries {
  readonly temporal: string;
  readonly trillianLogServer: string;
  readonly trillianLogSigner: string;
  readonly rekorServer: string;
  readonly rekorCli: string;
  readonly trillianSchemaPostgresql: string;
  /** Also MariaDB's. */
  readonly trillianSchemaMysql: string;
}

/**
 * Finds every pinned program: on PATH, when one there was built from exactly the pinned version with the right tags,
 * else in the cache; else builds it. Safe for several processes at a time: one builds, the others wait for it.
 */
export async function ensureBinaries(
  report: BuildOptions['report'],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Binaries> {
  const found = new Map<string, string>();
  for (const tool of pinnedTools) {
    for (const [name, path] of await ensureTool(tool, { report, signal: options.signal })) {
      found.set(name, path);
    }
  }
  const at = (name: string): string => {
    const path = found.get(name);
    if (path === undefined) {
      throw new Error(`No pinned tool has a file named ${name}.`);
    }
    return path;
  };
  return {
    temporal: at('temporal'),
    trillianLogServer: at('trillian_log_server'),
    trillianLogSigner: at('trillian_log_signer'),
    rekorServer: at('rekor-server'),
    rekorCli: at('rekor-cli'),
    trillianSchemaPostgresql: at('postgresql.sql'),
    trillianSchemaMysql: at('mysql.sql'),
  };
}

/** The files of one tool, by name. */
export async function ensureTool(
  tool: PinnedTool,
  options: BuildOptions,
): Promise<ReadonlyMap<string, string>> {
  const folder = cacheFolder(tool);
  const files = new Map(filesOf(tool).map((name) => [name, join(folder, name)]));
  const onPath = await programsOnPath(tool, options);
  for (const [name, path] of onPath) {
    files.set(name, path);
  }
  const isComplete = () => [...files.values()].every((path) => existsSync(path));
  if (isComplete()) {
    return files;
  }
  const unlock = await takeLock(`${folder}.lock`, {
    onWait: ({ pid }) => options.report(`Process ${pid} is building ${tool.name} already; waiting for it.`),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    if (!isComplete()) {
      await mkdir(folder, { recursive: true });
      await (onPath.size > 0 ? fetchExtras(tool, folder, options) : buildTool(tool, folder, options));
    }
  } finally {
    await unlock();
  }
  return files;
}

/** All programs of the tool or none: server and client of one version belong together. */
async function programsOnPath(tool: PinnedTool, options: BuildOptions): Promise<ReadonlyMap<string, string>> {
  if (tool.sources) {
    return new Map();
  }
  const { module, tags, saysOfItself } = tool;
  const wanted = { module, version: pinnedVersions(tool).module, tags, saysOfItself };
  const found = new Map<string, string>();
  for (const program of tool.programs) {
    const path = await findOnPath(program, wanted, options.signal);
    if (path === null) {
      return new Map();
    }
    found.set(program.name, path);
  }
  return found;
}
