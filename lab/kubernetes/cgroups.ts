import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../../tools/error-code';
import type { ClusterFiles } from './files';

/** What the pods of a cluster are counted in: one cgroup of its own in each hierarchy, with theirs below it. */

/** How long the kernel may take to let go of processes that were killed. */
const PATIENCE_MS = 30_000;

/** Of version 2; those that a kubelet asks for. */
const CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'pids'];

/** Their name: of the lab's directory and no other, because another cluster may have the same number later. */
export function cgroupOf({ directory }: Pick<ClusterFiles, 'directory'>): string {
  return `rekor-lab-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
}

export async function makeCgroups(name: string): Promise<void> {
  for (const { root, version } of await hierarchies()) {
    const own = join(root, name);
    await mkdir(own, { recursive: true });
    if (version === 2) {
      await delegate(root);
      await delegate(own);
    }
    // In version 1 a new set of processors is empty, and nothing can run in it.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (version === 1 && existsSync(join(own, file))) {
        await writeFile(join(own, file), await readFile(join(root, file)));
      }
    }
  }
}

/** Removes them, when nothing runs in them any more. True when there were some. */
export async function removeCgroups(name: string): Promise<boolean> {
  let found = false;
  for (const { root } of await hierarchies()) {
    found = (await removeTree(join(root, name), performance.now() + PATIENCE_MS)) || found;
  }
  return found;
}

/** Where the hierarchies of cgroups are mounted: proc(5), mountinfo. */
async function hierarchies(): Promise<readonly Hierarchy[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).trim().split('\n');
  return mounts.flatMap((line): readonly Hierarchy[] => {
    const [before = '', after = ''] = line.split(' - ');
    const root = before.split(' ')[4] ?? '';
    const kind = after.split(' ')[0];
    return kind === 'cgroup' ? [{ root, version: 1 }] : kind === 'cgroup2' ? [{ root, version: 2 }] : [];
  });
}

interface Hierarchy {
  readonly root: string;
  readonly version: 1 | 2;
}

async function delegate(folder: string): Promise<void> {
  const available = (await readFile(join(folder, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  const wanted = CONTROLLERS.filter((controller) => available.includes(controller));
  if (wanted.length > 0) {
    await writeFile(join(folder, 'cgroup.subtree_control'), wanted.map((one) => `+${one}`).join(' '));
  }
}

async function removeTree(folder: string, deadline: number): Promise<boolean> {
  if (!existsSync(folder)) {
    return false;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await removeTree(join(folder, entry.name), deadline);
    }
  }
  for (;;) {
    try {
      await rmdir(folder);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) {
        return true;
      }
      if (!hasCode(error, 'EBUSY') || performance.now() > deadline) {
        throw error;
      }
      await pause(50);
    }
  }
}
