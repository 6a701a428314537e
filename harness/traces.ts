import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureContainerPrograms } from '../tools/container-programs';

const run = promisify(execFile);

/** What a cluster could leave behind on this machine, outside of its directory. */
export interface Traces {
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly routes: readonly string[];
  readonly cgroups: readonly string[];
  readonly firewall: readonly string[];
  /** Settings of the kernel that a kubelet changes. */
  readonly settings: Readonly<Record<string, string>>;
  /** Folders that programs of a node make. */
  readonly folders: readonly string[];
}

const SETTINGS = [
  ...['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'],
  ...['kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes', 'net/ipv4/ip_forward'],
];

const FOLDERS = [
  ...[
    '/run/containerd',
    '/run/netns',
    '/run/cni',
    '/run/xtables.lock',
    '/var/log/pods',
    '/var/log/containers',
  ],
  ...['/var/lib/kubelet', '/var/lib/cni', '/var/lib/containerd', '/var/lib/etcd', '/etc/cni', '/opt/cni'],
];

/** Looks at what concerns the lab; what other programs of this machine do meanwhile is not in it. */
export async function tracesOn(directory: string): Promise<Traces> {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  const { environment } = await ensureContainerPrograms({ report: () => undefined });
  const [links, routes, firewall] = await Promise.all([
    run('ip', ['-oneline', 'link']),
    run('ip', ['-4', 'route', 'show', 'table', 'all']),
    run('iptables-save', [], { env: environment }),
  ]);
  return {
    mounts: lines(readFileSync('/proc/self/mounts', 'utf8')).filter(
      (line) => line.includes(directory) || /containerd|kubelet|netns/.test(line),
    ),
    interfaces: lines(links.stdout).filter((line) => /rekor-lab|veth|cni|node0/.test(line)),
    routes: lines(routes.stdout).filter((line) => line.includes('198.1')),
    cgroups: cgroups(),
    firewall: lines(firewall.stdout).filter(
      (line) => !line.startsWith('#') && !/^:.*\[\d+:\d+\]$/.test(line),
    ),
    settings: Object.fromEntries(
      SETTINGS.map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8').trim()]),
    ),
    folders: FOLDERS.filter((folder) => existsSync(folder)),
  };
}

function cgroups(): readonly string[] {
  return below('/sys/fs/cgroup').filter((name) => /rekor-lab|kubepods/.test(name));
}

function below(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}

/** The processes that descend from these, and they themselves, as far as they run. */
export function descendantsOf(ancestors: readonly number[]): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(Number(name));
    if (parent !== null) {
      parents.set(Number(name), parent);
    }
  }
  const found = new Set(ancestors.filter((pid) => parents.has(pid)));
  let size = -1;
  while (size !== found.size) {
    size = found.size;
    for (const [pid, parent] of parents) {
      if (found.has(parent)) {
        found.add(pid);
      }
    }
  }
  return [...found];
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null; // It has ended meanwhile.
  }
}
