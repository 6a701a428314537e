import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode } from '../../tools/error-code';
import type { ProcessIdentity } from '../../tools/process-identity';
import { addressesOf, CLUSTERS, type ClusterAddresses } from './addresses';
import { runInside } from './namespaces';

const run = promisify(execFile);

/** The name of the other end, inside. */
const INSIDE = 'node0';

/**
 * Joins this machine and the namespaces of a cluster by a pair of interfaces, which the kernel removes with the namespaces.
 * Whoever makes an interface of that name first has its number.
 *
 * @returns the number of the cluster.
 * @throws an error when no number is free.
 */
export async function joinNetwork(holder: ProcessIdentity): Promise<number> {
  const routes = await routesOfThisMachine();
  for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
    const addresses = addressesOf(cluster);
    if (routes.some((route) => addresses.ranges.some((range) => overlap(range, route)))) {
      continue;
    }
    if (await madeLink(addresses, holder)) {
      await configure(addresses, holder);
      return cluster;
    }
  }
  throw new Error(
    `A cluster of the lab needs 198.18.N.0/24 and 198.19.N.0/24 for an N below ${CLUSTERS}, and this machine has routes ` +
      `into all of them: ${routes.filter((route) => overlap('198.18.0.0/15', route)).join(', ')}. End another lab, or the VPN ` +
      'that takes these addresses.',
  );
}

async function madeLink({ interfaceName }: ClusterAddresses, { pid }: ProcessIdentity): Promise<boolean> {
  try {
    const peer = ['peer', 'name', INSIDE, 'netns', String(pid)];
    await run('ip', ['link', 'add', interfaceName, 'type', 'veth', ...peer]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('File exists')) {
      return false;
    }
    throw error;
  }
}

async function configure(addresses: ClusterAddresses, holder: ProcessIdentity): Promise<void> {
  const { interfaceName, host, node, linkPrefix, pods, services } = addresses;
  await runInside(holder, ['ip', 'address', 'add', `${node}/${linkPrefix}`, 'dev', INSIDE]);
  await runInside(holder, ['ip', 'link', 'set', INSIDE, 'up']);
  await run('ip', ['address', 'add', `${host}/${linkPrefix}`, 'dev', interfaceName]);
  await run('ip', ['link', 'set', interfaceName, 'up']);
  for (const range of [pods, services]) {
    await run('ip', ['route', 'add', range, 'via', node, 'dev', interfaceName]);
  }
}

/**
 * The number that the kernel gave to the interface of this name, and gives to no other; null when there is none. Of one that
 * is being removed it says nothing; then this waits until it is gone.
 */
export async function indexOfInterface(name: string): Promise<number | null> {
  for (;;) {
    try {
      return Number(await readFile(`/sys/class/net/${name}/ifindex`, 'utf8'));
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENODEV')) {
        return null;
      }
      // linux: net/core/net-sysfs.c, netdev_show
      if (!hasCode(error, 'EINVAL')) {
        throw error;
      }
      await pause(20);
    }
  }
}

/** Where this machine sends what, but for what it sends where everything else goes. */
async function routesOfThisMachine(): Promise<readonly string[]> {
  const { stdout } = await run('ip', ['-4', '-json', 'route', 'show', 'table', 'all']);
  const routes = JSON.parse(stdout) as readonly { readonly dst: string }[];
  return routes.map(({ dst }) => dst).filter((destination) => destination !== 'default');
}

/** Whether two ranges, `198.18.0.0/24` or a single address, have addresses in common. */
function overlap(one: string, other: string): boolean {
  const [first, second] = [one, other].map((range) => range.split('/')) as [string[], string[]];
  const contains = ([address = '', prefix = '32']: string[], [inner = '']: string[]): boolean => {
    const list = new BlockList();
    list.addSubnet(address, Number(prefix), 'ipv4');
    return list.check(inner, 'ipv4');
  };
  return contains(first, second) || contains(second, first);
}
