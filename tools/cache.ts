import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { moduleFolder, type PinnedTool } from './pinned';

/** The folder for built programs: with this user's other caches, so that a fresh checkout builds nothing again. */
export function toolCache(): string {
  const configured = process.env['XDG_CACHE_HOME'];
  const caches =
    configured ??
    (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'));
  return join(caches, 'rekor-rotate', 'tools');
}

/** How a tool is built, all of which its cache folder's name stands for. */
export function buildArguments(tool: PinnedTool): readonly string[] {
  const stamps = Object.entries(tool.stamps ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  return [
    ...['-trimpath', '-buildvcs=false'],
    ...(tool.tags.length > 0 ? [`-tags=${tool.tags.join(',')}`] : []),
    ...(stamps.length > 0 ? [`-ldflags=${stamps.join(' ')}`] : []),
  ];
}

/** The cache folder of exactly this tool: other versions, flags or machines have other names. */
export function cacheFolder(tool: PinnedTool): string {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', ...(tool.sources ?? [])]) {
    hash.update(readFileSync(join(moduleFolder(tool), name)));
  }
  hash.update(JSON.stringify([buildArguments(tool), process.platform, process.arch]));
  return join(toolCache(), `${tool.name}-${hash.digest('hex').slice(0, 16)}`);
}

/** What go.mod pins: the version of the tool's module, and the version of Go that it needs. */
export function pinnedVersions(tool: PinnedTool): { readonly module: string; readonly go: string } {
  const text = readFileSync(join(moduleFolder(tool), 'go.mod'), 'utf8');
  const required = text.split('\n').map((line) =>
    line
      .trim()
      .replace(/^require /, '')
      .split(' '),
  );
  const module = required.find(([name]) => name === tool.module)?.[1];
  const go = /^go (\S+)$/m.exec(text)?.[1];
  if (module === undefined || go === undefined) {
    throw new Error(`${moduleFolder(tool)}/go.mod does not require ${tool.module}.`);
  }
  return { module, go };
}
