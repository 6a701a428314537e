import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExisting } from '../../../lab/kubernetes/existing/start';
import type { NamedCluster } from '../../../lab/kubernetes/existing/access';
import { clusterFiles } from '../../../lab/kubernetes/files';
import { shapes } from '../../../lab/kubernetes/log/shapes';
import { writeClusterRecord } from '../../../lab/kubernetes/record';
import { refused } from '../../activities/refused';
import { namespace, node, plantedCluster, type PlantedCluster } from './planted-cluster';

const signal = new AbortController().signal;

describe('a cluster that was there before the lab', () => {
  let directory: string;
  let planted: PlantedCluster;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'existing-'));
    planted = await plantedCluster();
  });
  afterEach(async () => {
    // Whatever is found, looking changes nothing.
    expect(planted.server.changed).toEqual([]);
    await planted.server.close();
    rmSync(directory, { recursive: true });
  });

  const checked = (named: NamedCluster = planted.place) =>
    checkExisting(named, { directory, shape: shapes.upstream, signal });

  it('is taken where everything is as it must be, by the context that is named or the current one', async () => {
    const { kubeconfig } = planted.place;
    const place = { kubeconfig, context: 'test', server: planted.server.url };
    expect(await checked({ kubeconfig })).toEqual({ place, nodes: ['one'] });
    expect(await checked({ kubeconfig, context: 'test' })).toEqual({ place, nodes: ['one'] });
  });

  it('is not found in a file that is not there, and the contexts that there are are named', async () => {
    const { kubeconfig } = planted.place;
    const absent = join(directory, 'absent');
    const found = (named: NamedCluster) => refused('CLUSTER_CREDENTIALS_UNUSABLE', checked(named));
    expect(await found({ kubeconfig: absent })).toContain(`${absent} (its current context), cannot be used`);
    expect(await found({ kubeconfig, context: 'kind-other' })).toContain(
      `${kubeconfig} (context kind-other), cannot be used: it has no such context; it has test`,
    );
  });

  it('is said to be unreachable, with its address', async () => {
    await planted.server.close();
    expect(await refused('CLUSTER_UNREACHABLE', checked())).toContain(
      `the cluster of the lab at ${planted.server.url} does not answer`,
    );
  });

  it.each(['v1.26.15', 'v0.33.0', 'master'])('is refused in version %s', async (version) => {
    planted.version = version;
    await expect(checked()).rejects.toThrow(
      `The cluster runs Kubernetes of version ${version}. The lab needs 1.27`,
    );
  });

  it.each(['v1.27.0', 'v1.33.4+k3s1', 'v1.100.0'])('is taken in version %s', async (version) => {
    planted.version = version;
    await expect(checked()).resolves.toBeDefined();
  });

  it('has to let us do all that the lab does, and each missing right is named', async () => {
    planted.allows = ({ verb, resource, subresource, name }) =>
      !(verb === 'create' && resource === 'namespaces') &&
      !(verb === 'get' && subresource === 'portforward') &&
      !(verb === 'patch' && name === 'sharding-config');
    await expect(checked()).rejects.toThrow(
      [
        'or for these rights:',
        '  create namespaces',
        '  get pods/portforward in namespace rekor-system',
        '  get pods/portforward in namespace temporal',
        '  patch configmaps sharding-config in namespace rekor-system',
      ].join('\n'),
    );
  });

  it('has nodes that take pods: others are not asked for images', async () => {
    planted.plant(
      node('two', { spec: { taints: [{ key: 'busy', effect: 'PreferNoSchedule' }] } }),
      node('cordoned', { spec: { unschedulable: true } }),
      node('control-plane', { spec: { taints: [{ key: 'control-plane', effect: 'NoSchedule' }] } }),
      node('away', { ready: 'Unknown', architecture: 'other' }),
    );
    expect((await checked()).nodes).toEqual(['one', 'two']);
  });

  it('is refused without such a node, and with one that runs other programs', async () => {
    planted.plant(node('two', { architecture: 's390x' }));
    await expect(checked()).rejects.toThrow('and two is linux/s390x. Name a cluster of such nodes');
    planted.server.objects.clear();
    planted.plant(node('away', { ready: 'False' }));
    await expect(checked()).rejects.toThrow('None of the 1 nodes of the cluster takes pods');
  });

  it('is refused when it has a namespace of the lab, and whose each is is said', async () => {
    planted.plant(
      namespace('rekor-system'),
      namespace('temporal', {
        labels: { 'rekor-rotate/lab': 'another' },
        annotations: { 'rekor-rotate/lab-directory': 'laptop:/labs/other' },
      }),
      namespace('default'),
    );
    const { kubeconfig } = planted.place;
    await expect(checked()).rejects.toThrow(
      [
        `The lab needs the namespaces rekor-system, temporal for itself, and the cluster at ${planted.server.url} has some of them:`,
        '  rekor-system: of no lab',
        '  temporal: of the lab in laptop:/labs/other, which `rekor-rotate lab down --directory` ends there',
        'Nothing was changed. Name another cluster. Or end the other lab, or delete what nobody needs: ' +
          `kubectl --kubeconfig ${kubeconfig} --context test delete namespace NAME`,
      ].join('\n'),
    );
  });

  it('may have what this lab has left there itself, which is removed when it is started', async () => {
    const existing = { ...planted.place, lab: 'mine' };
    await writeClusterRecord(clusterFiles(directory), { cluster: null, log: null, existing });
    planted.plant(namespace('temporal', { labels: { 'rekor-rotate/lab': 'mine' } }));
    await expect(checked()).resolves.toBeDefined();
    planted.plant(namespace('rekor-system', { labels: { 'rekor-rotate/lab': 'another' } }));
    await expect(checked()).rejects.toThrow('  rekor-system: of the lab in an unknown directory');
  });
});
