import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from '../../../lab/kubernetes/cluster';
import { openExisting } from '../../../lab/kubernetes/existing/access';
import { makeNamespaces, removeNamespaces } from '../../../lab/kubernetes/existing/namespaces';
import { clusterFiles } from '../../../lab/kubernetes/files';
import { writeClusterRecord } from '../../../lab/kubernetes/record';
import { answer } from '../../activities/clients/kubernetes/api-server';
import { refused } from '../../activities/refused';
import { namespace, plantedCluster, type PlantedCluster } from './planted-cluster';

const signal = new AbortController().signal;
const mine = { labels: { 'rekor-rotate/lab': 'mine' }, uid: 'uid-1' };

describe('the namespaces of a lab in a cluster that was there before it', () => {
  let planted: PlantedCluster;

  beforeEach(async () => (planted = await plantedCluster()));
  afterEach(() => planted.server.close());

  const cluster = () => openExisting(planted.place).cluster;
  const left = () =>
    [...planted.server.objects.keys()].flatMap((path) => /namespaces\/(.+)/.exec(path)?.[1] ?? []);
  const make = (...names: readonly string[]) =>
    makeNamespaces(cluster(), names, { lab: 'mine', directory: '/labs/mine' }, signal);

  it('bear a label of its own and where its directory is, and go by that label alone', async () => {
    planted.plant(
      namespace('default'),
      namespace('rekor-of-others', { labels: { 'rekor-rotate/lab': 'others' } }),
    );
    await make('rekor-system', 'temporal');
    const made = JSON.parse(planted.server.objects.get('/api/v1/namespaces/temporal') ?? '') as unknown;
    expect(made).toMatchObject({
      metadata: {
        labels: { name: 'temporal', 'rekor-rotate/lab': 'mine' },
        annotations: { 'rekor-rotate/lab-directory': expect.stringMatching(/.:\/labs\/mine$/) as string },
      },
    });

    await removeNamespaces(cluster(), 'mine');
    expect(left()).toEqual(['default', 'rekor-of-others']);
  });

  it('are none that somebody else makes meanwhile', async () => {
    planted.plant(namespace('temporal'));
    expect(await refused('CLUSTER_CONFLICT', make('rekor-system', 'temporal'))).toContain(
      'it is there already',
    );
    await removeNamespaces(cluster(), 'mine');
    expect(left()).toEqual(['temporal']);
  });

  it('are deleted once each, and waited for', async () => {
    planted.plant(namespace('temporal', mine), namespace('rekor-system', mine));
    let looks = 0;
    planted.server.interfere = ({ method, path }, response) => {
      const isList = method === 'GET' && path === '/api/v1/namespaces';
      if (!isList || (looks += 1) > 2) return undefined;
      // The second time, the one that was deleted first ends its pods.
      const items = [
        namespace('temporal', mine),
        namespace('rekor-system', { ...mine, ...(looks > 1 && ends) }),
      ];
      answer(response, 200, { kind: 'List', metadata: { resourceVersion: '1' }, items });
      return true;
    };
    const ends = { deletionTimestamp: '2026-11-30T12:00:00Z' };
    await removeNamespaces(cluster(), 'mine');
    const deleted = planted.server.received.filter(({ method }) => method === 'DELETE');
    expect(deleted.map(({ path }) => path)).toEqual([
      '/api/v1/namespaces/temporal',
      '/api/v1/namespaces/rekor-system',
      '/api/v1/namespaces/temporal',
    ]);
    expect(left()).toEqual([]);
  });

  it('that do not go are named with what keeps them', async () => {
    const message = 'Some resources are remaining: pods. has 1 resource instances';
    const kept = {
      ...namespace('temporal', { ...mine, ...{ deletionTimestamp: '2026-11-30T12:00:00Z' } }),
      status: { conditions: [{ type: 'NamespaceContentRemaining', status: 'True', message }] },
    };
    planted.plant(kept);
    await expect(removeNamespaces(cluster(), 'mine', { goneMs: 0 })).rejects.toThrow(
      `Not gone 0 s after they were deleted: namespace temporal, ${message}.`,
    );
  });

  describe('from the record of a lab whose start was killed', () => {
    let directory: string;

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'existing-'));
      const files = clusterFiles(directory);
      await writeClusterRecord(files, {
        ...{ cluster: null, log: null },
        existing: { ...planted.place, lab: 'mine' },
      });
      writeFileSync(files.forwards, '{}');
      planted.plant(namespace('default'), namespace('temporal', mine));
    });
    afterEach(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    it('are removed, and its files', async () => {
      await stopCluster(directory);
      expect(left()).toEqual(['default']);
      expect(existsSync(directory)).toBe(false);
    });

    it('are left with a word on what to do when the cluster cannot be reached, and its record stays', async () => {
      await planted.server.close();
      const stopped = stopCluster(directory);
      await expect(stopped).rejects.toThrow('does not answer');
      await expect(stopCluster(directory)).rejects.toThrow(
        `with the label rekor-rotate/lab=mine may still be in the cluster at ${planted.server.url}. Try again when it is ` +
          `reached. If that cluster is gone for good, remove the directory ${directory} yourself.`,
      );
      expect(existsSync(clusterFiles(directory).record)).toBe(true);
    });

    it('are looked for in no other cluster that the context leads to by now', async () => {
      const other = await plantedCluster();
      try {
        const existing = { ...planted.place, kubeconfig: other.place.kubeconfig, lab: 'mine' };
        await writeClusterRecord(clusterFiles(directory), { cluster: null, log: null, existing });
        other.plant(namespace('temporal', mine));
        await expect(stopCluster(directory)).rejects.toThrow(
          `leads to ${other.server.url} now, and not to ${planted.server.url}.`,
        );
        expect(other.server.received).toEqual([]);
      } finally {
        await other.server.close();
      }
    });
  });
});
