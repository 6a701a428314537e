import { resolve } from 'node:path';
import { executables } from '../../tools/on-path';
import type { ClusterFiles } from './files';

/** Programs of every Linux system, and the package that has them on Debian. */
const programs = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  tar: 'tar',
} as const;

/** Lie under something else in the cluster's own mounts: first-process.sh. */
const HIDDEN = ['/run', '/var/log'];

/**
 * Throws an error when a cluster cannot run here, or not with its files in this place.
 */
export function requireForCluster({ directory }: Pick<ClusterFiles, 'directory'>): void {
  if (process.platform !== 'linux') {
    throw new Error(
      'A cluster of the lab runs on Linux. Elsewhere name one that is there: rekor-rotate lab up --kubernetes --kubeconfig FILE',
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      'Only root may start a cluster of the lab, because it mounts file systems and makes network interfaces. ' +
        'Run it as root, or name a cluster that is there, such as one of kind: rekor-rotate lab up --kubernetes --kubeconfig FILE',
    );
  }
  const path = [process.env['PATH'], '/usr/sbin', '/sbin'].join(':');
  const missing = Object.entries(programs).filter(([name]) => executables(name, path).length === 0);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    throw new Error(
      `A cluster of the lab needs ${missing.map(([name]) => name).join(', ')}. On Debian run: apt-get install ${packages}`,
    );
  }
  const under = HIDDEN.find((folder) => `${resolve(directory)}/`.startsWith(`${folder}/`));
  if (under !== undefined) {
    throw new Error(
      `${directory} is below ${under}, which a cluster has of its own. Name a directory elsewhere.`,
    );
  }
}
