import { resolve } from 'node:path';
import { executables } from '../../tools/on-path';
import type { ClusterFiles } from './files';

/** Programs of every Linux system, and the package that has them on Debian. */
const forImages = { unshare: 'util-linux', mount: 'mount', tar: 'tar' } as const;
const forCluster = { ...forImages, nsenter: 'util-linux', ip: 'iproute2' } as const;

/** Lie under something else in the cluster's own mounts: first-process.sh. */
const HIDDEN = ['/run', '/var/log'];

/** Where a cluster is to run: the operating system as Node.js names it, and the user who asks. */
export interface Machine {
  readonly platform: string;
  readonly user: number | undefined;
}

/** Throws an error that says what to do when a cluster cannot run here, or not with its files in this place. */
export function requireForCluster(
  { directory }: Pick<ClusterFiles, 'directory'>,
  { platform, user }: Machine = { platform: process.platform, user: process.getuid?.() },
): void {
  if (platform !== 'linux') {
    throw new Error(
      `A cluster of the lab runs on Linux, and this is ${platform}. Use a virtual machine with Linux.`,
    );
  }
  if (user !== 0) {
    throw new Error(
      'Only root may start a cluster of the lab, because it mounts file systems and makes network interfaces. ' +
        'Run it as root, or in a virtual machine.',
    );
  }
  requirePrograms('A cluster of the lab needs', forCluster);
  const under = HIDDEN.find((folder) => `${resolve(directory)}/`.startsWith(`${folder}/`));
  if (under !== undefined) {
    throw new Error(
      `${directory} is below ${under}, which a cluster has of its own. Name a directory elsewhere.`,
    );
  }
}

/** Throws an error that says what to do when no images can be made here for a cluster that was there before the lab. */
export function requireForImages({ platform }: Pick<Machine, 'platform'> = process): void {
  if (platform !== 'linux') {
    throw new Error(
      `The images of the lab are made of programs of this machine, and this is ${platform}. Use a virtual machine with Linux.`,
    );
  }
  requirePrograms('The images of the lab need', forImages);
}

function requirePrograms(neededBy: string, programs: Readonly<Record<string, string>>): void {
  const path = [process.env['PATH'], '/usr/sbin', '/sbin'].join(':');
  const missing = Object.entries(programs).filter(([name]) => executables(name, path).length === 0);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    throw new Error(
      `${neededBy} ${missing.map(([name]) => name).join(', ')}. On Debian run: apt-get install ${packages}`,
    );
  }
}
