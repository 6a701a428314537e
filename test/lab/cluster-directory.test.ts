import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressesOf, CLUSTERS } from '../../lab/kubernetes/addresses';
import { clusterFiles } from '../../lab/kubernetes/files';
import { claimForCluster, readClusterRecord, writeClusterRecord } from '../../lab/kubernetes/record';
import { requireForCluster } from '../../lab/kubernetes/requirements';

describe('the directory of a lab on Kubernetes', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cluster-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('holds nothing else', async () => {
    writeFileSync(join(directory, 'lab.json'), '{}');

    await expect(claimForCluster(clusterFiles(directory))).rejects.toThrow(
      `${directory} holds files that are no lab's on Kubernetes. Name an empty or a new directory.`,
    );
    expect(readdirSync(directory)).toEqual(['lab.json']);
  });

  it('is one from before it has a number', async () => {
    const files = clusterFiles(directory);
    await claimForCluster(files);
    await writeClusterRecord(files, { cluster: null, log: null, existing: null });
    writeFileSync(join(directory, 'more'), '');

    await claimForCluster(files);
    expect(await readClusterRecord(files)).toEqual({ cluster: null, log: null, existing: null });
  });

  it.each(['{"cluster": 256}', '{"cluster": -1}', '{"cluster": 1.5}', '{"cluster": "1"}', '{}'])(
    "is nobody's to remove when its record is %s",
    async (text) => {
      const files = clusterFiles(directory);
      writeFileSync(files.record, text);

      await expect(readClusterRecord(files)).rejects.toThrow('remove the directory');
    },
  );

  it.each(['/run/lab', '/var/log/lab', '/run'])('is not %s, which a cluster has of its own', (place) => {
    const asRoot = { platform: 'linux', user: 0 } as const;
    expect(() => requireForCluster({ directory: place }, asRoot)).toThrow('Name a directory elsewhere');
    expect(() => requireForCluster({ directory: '/runs/lab' }, asRoot)).not.toThrow();
  });

  it.each([
    ['another user', { platform: 'linux', user: 1_000 }, 'Only root'],
    ['another system', { platform: 'darwin', user: 0 }, 'on Linux'],
  ] as const)('is of no use to %s, who is told so', (_who, machine, message) => {
    expect(() => requireForCluster({ directory }, machine)).toThrow(message);
  });
});

it('gives each cluster addresses of its own, and a name that Linux takes', () => {
  const all = Array.from({ length: CLUSTERS }, (_, cluster) => addressesOf(cluster));
  expect(new Set(all.flatMap(({ ranges }) => ranges)).size).toBe(2 * CLUSTERS);
  expect(all.every(({ interfaceName }) => interfaceName.length <= 15)).toBe(true);
});
