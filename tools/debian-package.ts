import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { executables } from './on-path';

/** A program that people install as their system does, in whatever version they have. */
export interface Installed {
  /** Its names, first choice first. */
  readonly names: readonly string[];
  /** The packages of Debian that have it, and start nothing when they are installed. */
  readonly debianPackages: readonly string[];
  /** Who needs it, as in "The lab needs one of them." */
  readonly neededBy: string;
  /** What to do on a system that is not Debian. */
  readonly elsewhere: string;
}

/** Where a program is looked for, and whether it may be installed there. */
export interface InstallOptions {
  readonly report: (line: string) => void;
  /** Folders to look in, as PATH has them. */
  readonly path?: string | undefined;
  /** Whether this is Debian, and this user may install packages. */
  readonly mayInstall?: boolean;
}

/**
 * The path of a program on PATH. On Debian, root installs its packages when it is missing, which is said beforehand.
 *
 * @throws an error that says how to install it.
 */
export async function ensureInstalled(
  { names, debianPackages, neededBy, elsewhere }: Installed,
  { report, path = process.env['PATH'], mayInstall = isDebian() && process.getuid?.() === 0 }: InstallOptions,
): Promise<string> {
  const onPath = (): string | undefined => names.flatMap((name) => executables(name, path))[0];
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...debianPackages] as const;
  const found = onPath();
  if (found !== undefined) {
    return found;
  }
  if (!mayInstall) {
    throw new Error(
      `There is no ${names.join(', no ')} on PATH, and ${neededBy}. ` +
        `On Debian run, as root: ${install.join(' ')}. ${elsewhere}`,
    );
  }
  report(`There is no ${names[0] ?? ''} on PATH. Installing it, once: ${install.join(' ')}`);
  // The lists of packages of a fresh system are empty, or too old to be of use.
  await runCommand(['apt-get', 'update'], path);
  await runCommand(install, path);
  const installed = onPath();
  if (installed === undefined) {
    throw new Error(`${install.join(' ')} has succeeded, and there is still no ${names[0] ?? ''} on PATH.`);
  }
  return installed;
}

/** Ubuntu's packages of the same names may be something else. */
export function isDebian(): boolean {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Runs a command of Debian's package tools without questions; its messages go to stderr. */
export async function runCommand(
  [command, ...args]: readonly [string, ...string[]],
  path = '',
): Promise<void> {
  const child = spawn(command, args, {
    env: { ...process.env, PATH: path, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) {
    throw new Error(`${[command, ...args].join(' ')} failed; its messages are above.`);
  }
}
