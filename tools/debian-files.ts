import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toolCache } from './cache';
import { isDebian, runCommand, type InstallOptions } from './debian-package';
import { takeLock } from './lock';

/** Packages of Debian of which only the files are wanted. */
export interface DebianFiles {
  /** What they are for, as one word; the folder in the cache is named after it. */
  readonly name: string;
  readonly packages: readonly string[];
  /** About how much is fetched, in words. */
  readonly size: string;
  /** Who needs them, as in "The lab needs one of them." */
  readonly neededBy: string;
}

/** Why the files cannot be had here; says what to do. */
export class DebianFilesMissing extends Error {
  constructor({ packages, neededBy }: DebianFiles) {
    super(
      `${neededBy} They come from Debian's packages, out of which they are taken by themselves on Debian. ` +
        `On another system install them: apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
    this.name = 'DebianFilesMissing';
  }
}

/**
 * The files of Debian's packages, in a folder of the cache of tools that is laid out like a root. Any user may fetch them, since
 * the lists of packages are in the cache, too. Nothing is installed: no
 * service starts, and no package that is there makes way, as Docker's would for Debian's containerd. What these packages
 * depend on and this system has is not in the folder.
 *
 * @returns the folder.
 * @throws DebianFilesMissing when this is not Debian.
 */
export async function ensureDebianFiles(
  wanted: DebianFiles,
  { report, path = process.env['PATH'], mayInstall = isDebian() }: InstallOptions,
): Promise<string> {
  const folder = folderOf(wanted);
  if (existsSync(folder)) {
    return folder;
  }
  if (!mayInstall) {
    throw new DebianFilesMissing(wanted);
  }
  // One for all of them: apt-get does not wait for another one that reads the lists of packages, but fails.
  const unlock = await takeLock(join(toolCache(), 'debian.lock'), {
    onWait: ({ pid }) =>
      report(`Process ${pid} is fetching files of Debian's packages already; waiting for it.`),
  });
  try {
    if (!existsSync(folder)) {
      report(`Fetching files of Debian's packages ${wanted.packages.join(', ')}, once; ${wanted.size}.`);
      await fetchFiles(wanted, folder, path);
    }
  } finally {
    await unlock();
  }
  return folder;
}

async function fetchFiles(
  { packages }: DebianFiles,
  folder: string,
  path: string | undefined,
): Promise<void> {
  const partial = `${folder}.partial`;
  const archives = join(partial, 'archives');
  const root = join(partial, 'root');
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(root);
  // The lists of packages, and what else belongs to root, are this user's own.
  const state = join(toolCache(), 'apt');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  const own = [`Dir::State=${state}`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${state}`];
  // It fetches as a user of its own, which may not enter this folder when it is in root's home. Nothing is changed that is locked.
  const options = [
    ...own,
    `Dir::Cache::archives=${archives}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=1',
  ];
  const words = options.flatMap((option) => ['-o', option]);
  await runCommand(['apt-get', 'update', ...words], path);
  // With what they need and this system lacks, and without installing or removing anything.
  const fetch = ['install', '--download-only', '--yes', '--no-install-recommends', '--reinstall'];
  await runCommand(['apt-get', ...fetch, ...words, ...packages], path);
  for (const archive of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await runCommand(['dpkg-deb', '--extract', join(archives, archive), root], path);
  }
  await rename(root, folder);
  await rm(partial, { recursive: true, force: true });
}

/** Another release of Debian has other packages of the same names. */
function folderOf({ name, packages }: DebianFiles): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const version = /^VERSION_ID=.*$/m.exec(release)?.[0] ?? '';
  const hash = createHash('sha256').update(JSON.stringify([version, packages, process.arch]));
  return join(toolCache(), `debian-${name}-${hash.digest('hex').slice(0, 16)}`);
}
