import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toolCache } from './cache';

/** A release of Node.js that is not the one that runs this. */
export interface NodeRelease {
  readonly version: string;
  /** Absolute path. */
  readonly program: string;
}

/** For this system alone npm has Node.js in each release. */
const SYSTEM = 'linux-x64';

const pinned = join(__dirname, 'node');
const files = ['package.json', 'package-lock.json'];

/**
 * The oldest and the newest supported Node.js but the one that runs, from the cache of tools; none on another system than
 * Linux on x64. Their package-lock.json pins them by their hashes.
 *
 * @param install installs what a folder's package-lock.json names into that folder, and throws when it cannot.
 */
export async function otherNodeReleases(
  install: (folder: string) => Promise<void>,
  system = `${process.platform}-${process.arch}`,
): Promise<readonly NodeRelease[]> {
  if (system !== SYSTEM) {
    return [];
  }
  const lock = readFileSync(join(pinned, 'package-lock.json'));
  const folder = join(toolCache(), `node-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) {
    await mkdir(toolCache(), { recursive: true });
    const unfinished = await mkdtemp(`${folder}.`);
    try {
      await Promise.all(files.map((name) => copyFile(join(pinned, name), join(unfinished, name))));
      await install(unfinished);
      await rename(unfinished, folder);
    } catch (error) {
      await rm(unfinished, { recursive: true });
      // Another process may have been faster.
      if (!existsSync(folder)) {
        throw error;
      }
    }
  }
  return ['oldest', 'newest']
    .map((name) => {
      const release = join(folder, 'node_modules', name);
      const { version } = JSON.parse(readFileSync(join(release, 'package.json'), 'utf8')) as {
        readonly version: string;
      };
      // One of npm's two packages writes its version as v20.19.0.
      return { version: version.replace(/^v/, ''), program: join(release, 'bin', 'node') };
    })
    .filter(({ version }) => version !== process.versions.node);
}
