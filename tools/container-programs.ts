import { existsSync, readdirSync } from 'node:fs';
import { lstat, mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DebianFilesMissing, ensureDebianFiles, type DebianFiles } from './debian-files';
import type { InstallOptions } from './debian-package';
import { executables } from './on-path';

/** What runs containers and their network on a node: not pinned, because any that Kubernetes takes will do. */
export interface ContainerPrograms {
  readonly containerd: string;
  readonly ctr: string;
  readonly runc: string;
  /** The folder with plugins of the Container Network Interface. */
  readonly networkPlugins: string;
  /** What these programs and kube-proxy must find in their environment, PATH among it. */
  readonly environment: Readonly<Record<string, string>>;
}

const debian: DebianFiles = {
  name: 'containers',
  packages: ['containerd', 'runc', 'containernetworking-plugins', 'iptables'],
  size: '36 MB',
  neededBy: 'A cluster of the lab needs containerd, runc, the CNI plugins and iptables.',
};

const programs = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'iptables', 'iptables-restore'];
const plugins = ['ptp', 'host-local', 'portmap', 'loopback'];
const SERVERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];
const PLUGIN_FOLDERS = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];

export interface ContainerProgramsOptions extends InstallOptions {
  /** Folders of plugins that this system may have. */
  readonly pluginFolders?: readonly string[];
}

/**
 * The programs of this system when it has them all, else the files of Debian's packages.
 *
 * @throws DebianFilesMissing with the command that installs them.
 */
export async function ensureContainerPrograms({
  path = process.env['PATH'] ?? '',
  pluginFolders = PLUGIN_FOLDERS,
  ...options
}: ContainerProgramsOptions): Promise<ContainerPrograms> {
  const searched = [path, ...SERVERS].join(delimiter);
  const own = programs.map((name) => executables(name, searched)[0]);
  const folder = pluginFolders.find((at) => plugins.every((name) => existsSync(join(at, name))));
  const [containerd, , ctr, runc] = own;
  if (containerd && ctr && runc && own.every(Boolean) && folder !== undefined) {
    return { containerd, ctr, runc, networkPlugins: folder, environment: { PATH: searched } };
  }
  return await fromDebian(await ensureDebianFiles(debian, { path, ...options }), searched);
}

async function fromDebian(root: string, path: string): Promise<ContainerPrograms> {
  const at = (...names: string[]): string => join(root, ...names);
  const libraries = readdirSync(at('usr', 'lib'))
    .filter((name) => name.includes('-linux-'))
    .map((name) => at('usr', 'lib', name));
  const links = at('links');
  await mkdir(links, { recursive: true });
  // Debian makes these when a package is installed; the program does what the name says that it is called by.
  for (const family of ['iptables', 'ip6tables']) {
    for (const name of [family, `${family}-save`, `${family}-restore`]) {
      await linkOnce(at('usr', 'sbin', 'xtables-nft-multi'), join(links, name));
    }
  }
  const found: ContainerPrograms = {
    containerd: at('usr', 'bin', 'containerd'),
    ctr: at('usr', 'bin', 'ctr'),
    runc: at('usr', 'sbin', 'runc'),
    networkPlugins: at('usr', 'lib', 'cni'),
    environment: {
      PATH: [links, at('usr', 'bin'), at('usr', 'sbin'), path].join(delimiter),
      LD_LIBRARY_PATH: libraries.join(delimiter),
      XTABLES_LIBDIR: libraries.map((folder) => join(folder, 'xtables')).join(delimiter),
    },
  };
  const needed = [found.containerd, found.ctr, found.runc, join(found.networkPlugins, 'ptp')];
  const absent = needed.find((file) => !existsSync(file));
  if (absent !== undefined) {
    throw new DebianFilesMissing({ ...debian, neededBy: `Debian's packages have brought no ${absent}.` });
  }
  return found;
}

async function linkOnce(target: string, link: string): Promise<void> {
  const isThere = await lstat(link).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await symlink(target, link);
  }
}
