import type { Cluster } from '../../../../activities/clients/kubernetes/cluster';
import { openCluster } from '../../../../activities/clients/kubernetes/cluster';
import { jsonPointer, type KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { refused } from '../../refused';
import { apiServer, type ApiServer, failure } from './api-server';
import { kubeconfig } from './kubeconfigs';

const CURRENT = '6826284441047790130';
const NEXT = '1949066653115536653';
const REKOR = { apiVersion: 'rhtas.redhat.com/v1', kind: 'Rekor', namespace: 'rekor', name: 'server' };
const LIST = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rekor', name: 'sharding-config' };
const REKOR_PATH = '/apis/rhtas.redhat.com/v1/namespaces/rekor/rekors/server';
const LIST_PATH = '/api/v1/namespaces/rekor/configmaps/sharding-config';

const bounds = { signal: new AbortController().signal };
const dryRun = { ...bounds, dryRun: true };

let server: ApiServer;
let cluster: Cluster;

beforeEach(async () => {
  server = await apiServer();
  server.objects.set(
    REKOR_PATH,
    `{"apiVersion":"rhtas.redhat.com/v1","kind":"Rekor","metadata":{"name":"server","namespace":"rekor","uid":"uid-1",` +
      `"resourceVersion":"9"},"spec":{"treeID":${CURRENT},"sharding":[{"treeID":${NEXT},"treeLength":5}]}}`,
  );
  server.objects.set(
    LIST_PATH,
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"sharding-config","namespace":"rekor","uid":"uid-1",' +
      '"resourceVersion":"7","labels":{"app":"rekor"}},"data":{"list":"[]"}}',
  );
  cluster = openCluster({ log: 'production', source: { kubeconfig: kubeconfig(server) } });
});

afterEach(() => server.close());

function configMap(data: Record<string, string>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made', namespace: 'rekor' }, data };
}

function lastRequest() {
  const last = server.received.at(-1);
  if (last === undefined) throw new Error('nothing was received');
  return last;
}

describe('what is read', () => {
  it('has tree ids of 63 bits to their last digit', async () => {
    const rekor = await cluster.get(REKOR, bounds);
    expect(rekor?.spec).toEqual({
      treeID: BigInt(CURRENT),
      sharding: [{ treeID: BigInt(NEXT), treeLength: 5 }],
    });
    expect(rekor?.metadata.resourceVersion).toBe('9');
  });

  it('is undefined for what is not there', async () => {
    expect(await cluster.get({ ...LIST, name: 'absent' }, bounds)).toBeUndefined();
  });

  it('is of the labels that were asked for, and says what each object is', async () => {
    const { items, resourceVersion } = await cluster.list(LIST, { app: 'rekor' }, bounds);
    expect(items).toMatchObject([{ kind: 'ConfigMap', apiVersion: 'v1', metadata: { uid: 'uid-1' } }]);
    expect(resourceVersion).toBe('100');
    expect(lastRequest().query.labelSelector).toBe('app=rekor');
    expect(await cluster.list(LIST, { app: 'other' }, bounds)).toMatchObject({ items: [] });
  });

  it('asks which resource a kind has, once', async () => {
    await cluster.get(LIST, bounds);
    await cluster.get(LIST, bounds);
    expect(server.received.map(({ path }) => path)).toEqual(['/api/v1', LIST_PATH, LIST_PATH]);
  });

  it('is of no kind that the cluster does not have, or that no path can name', async () => {
    for (const apiVersion of ['v1', 'apps/v1', 'absent.example/v1', '../v1']) {
      const words = await refused(
        'CLUSTER_KIND_UNKNOWN',
        cluster.get({ ...LIST, apiVersion, kind: 'Rekor' }, bounds),
      );
      expect(words).toContain(`has no kind Rekor of ${apiVersion}`);
    }
  });
});

describe('a patch', () => {
  it('keeps every digit of what it writes and of what it leaves alone', async () => {
    const patched = await cluster.patch(
      REKOR,
      '9',
      [
        { op: 'test', path: jsonPointer('spec', 'treeID'), value: BigInt(CURRENT) },
        { op: 'replace', path: jsonPointer('spec', 'treeID'), value: BigInt(NEXT) },
      ],
      bounds,
    );
    expect(patched.spec).toMatchObject({ treeID: BigInt(NEXT) });
    expect(server.objects.get(REKOR_PATH)).toContain(
      `"spec":{"treeID":${NEXT},"sharding":[{"treeID":${NEXT},`,
    );
    expect(lastRequest().body).toBe(
      '[{"op":"replace","path":"/metadata/resourceVersion","value":"9"},' +
        `{"op":"test","path":"/spec/treeID","value":${CURRENT}},{"op":"replace","path":"/spec/treeID","value":${NEXT}}]`,
    );
  });

  it('changes nothing that somebody changed since it was read', async () => {
    const operations = [{ op: 'replace', path: '/data/list', value: '[1]' }] as const;
    const words = await refused('CLUSTER_CONFLICT', cluster.patch(LIST, '6', operations, bounds));
    expect(words).toContain('patch of configmaps rekor/sharding-config');
    expect(words).toContain('it was changed since it was read');
    expect(server.changed).toEqual([]);
  });

  it('changes nothing when a value is another by its last digit', async () => {
    const value = BigInt(CURRENT) + 1n;
    const operations = [{ op: 'test', path: '/spec/treeID', value }] as const;
    const words = await refused('CLUSTER_CONFLICT', cluster.patch(REKOR, '9', operations, bounds));
    expect(words).toContain('a value in it is another than was expected');
    expect(server.changed).toEqual([]);
  });

  it('needs an object', async () => {
    await refused('CLUSTER_OBJECT_MISSING', cluster.patch({ ...LIST, name: 'absent' }, '1', [], bounds));
  });

  it('finds a member by a name with slashes and tildes', () => {
    expect(jsonPointer('metadata', 'annotations', 'a/b~c', 0)).toBe('/metadata/annotations/a~1b~0c/0');
  });
});

describe('an object', () => {
  it('is created of known fields alone, and never over another', async () => {
    await cluster.create(configMap({ list: 'a' }), bounds);
    const { query, body } = lastRequest();
    expect(query).toMatchObject({ fieldValidation: 'Strict', fieldManager: 'rekor-rotate' });
    expect(JSON.parse(body)).toEqual(configMap({ list: 'a' }));
    const words = await refused('CLUSTER_CONFLICT', cluster.create(configMap({ list: 'b' }), bounds));
    expect(words).toContain('it is there already');
    expect(server.objects.get('/api/v1/namespaces/rekor/configmaps/made')).toContain('"list":"a"');
  });

  it('is applied by our name, and takes fields from others only when that is said', async () => {
    await cluster.apply(configMap({ list: 'a' }), bounds);
    expect(lastRequest()).toMatchObject({
      method: 'PATCH',
      query: { fieldManager: 'rekor-rotate', fieldValidation: 'Strict' },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(lastRequest().query.force).toBeUndefined();
    await cluster.apply(configMap({ list: 'a' }), { ...bounds, force: true });
    expect(lastRequest().query.force).toBe('true');
  });

  it('says which of its fields somebody else manages, without the ids among them', async () => {
    server.interfere = ({ method }, response) => {
      if (method !== 'PATCH') return undefined;
      const causes = ['.data.list', '.spec.sharding[treeID=1.9490666531155366e+18].treeLength'].map(
        (field) => ({
          reason: 'FieldManagerConflict',
          message: 'conflict with "helm"',
          field,
        }),
      );
      failure(response, 409, 'Conflict', 'Apply failed with 2 conflicts', { causes });
      return 'answered';
    };
    const words = await refused('CLUSTER_CONFLICT', cluster.apply(configMap({}), bounds));
    expect(words).toContain('somebody else manages .data.list, .spec.sharding[...].treeLength.');
  });

  it('is deleted when it is the very one that was meant, and once', async () => {
    await refused('CLUSTER_CONFLICT', cluster.delete(LIST, { uid: 'uid-2' }, bounds));
    await refused('CLUSTER_CONFLICT', cluster.delete(LIST, { uid: 'uid-1', resourceVersion: '6' }, bounds));
    expect(server.changed).toEqual([]);
    expect(await cluster.delete(LIST, { uid: 'uid-1', resourceVersion: '7' }, bounds)).toBe(true);
    expect(await cluster.delete(LIST, { uid: 'uid-1' }, bounds)).toBe(false);
    expect(server.changed).toEqual([`DELETE ${LIST_PATH}`]);
    expect(JSON.parse(lastRequest().body)).toMatchObject({ propagationPolicy: 'Background' });
  });

  it.each(['', '.', '..', 'a/b', 'a%2fb'])('is never named "%s": that path means others', async (name) => {
    const words = await refused(
      'CLUSTER_INVALID',
      cluster.delete({ ...LIST, name }, { uid: 'uid-1' }, bounds),
    );
    expect(words).toContain('metadata.name');
    expect(server.received.map(({ method }) => method)).toEqual(['GET']);
  });

  it('has a namespace when its kind has them, and else none', async () => {
    const without = { ...LIST, namespace: undefined };
    await refused('CLUSTER_INVALID', cluster.get(without, bounds));
    await refused('CLUSTER_INVALID', cluster.list(without, {}, bounds));
    await refused('CLUSTER_INVALID', cluster.get({ ...LIST, kind: 'Namespace' }, bounds));
  });
});

it('changes nothing on trial, whichever the change is', async () => {
  await cluster.create(configMap({ list: 'a' }), dryRun);
  await cluster.apply(configMap({ list: 'a' }), dryRun);
  await cluster.patch(LIST, '7', [{ op: 'replace', path: '/data/list', value: 'b' }], dryRun);
  expect(await cluster.delete(LIST, { uid: 'uid-1' }, dryRun)).toBe(true);
  expect(server.changed).toEqual([]);
  expect(server.received.filter(({ method }) => method !== 'GET')).toHaveLength(4);
});

it('reaches a cluster whose path is below another', async () => {
  const paths: string[] = [];
  server.interfere = ({ path }, response) => {
    paths.push(path);
    failure(response, 403, 'Forbidden', 'no');
    return 'answered';
  };
  const file = kubeconfig(server, { token: 'the-token' }, { server: `${server.url}/k8s/clusters/c-1/` });
  const below = openCluster({ log: 'production', source: { kubeconfig: file } });
  await refused('CLUSTER_DENIED', below.get(LIST, bounds));
  expect(paths).toEqual(['/k8s/clusters/c-1/api/v1']);
});

describe('what we may do', () => {
  it('is what the cluster answers of exactly that verb, resource and name', async () => {
    const asked = {
      verb: 'patch',
      group: 'apps',
      resource: 'deployments',
      namespace: 'rekor',
      name: 'server',
    } as const;
    const answers = [true, false].map((allowed) => JSON.stringify({ status: { allowed } }));
    server.interfere = (_request, response) => response.writeHead(201).end(answers.shift() ?? '{}');
    expect(await cluster.allows(asked, bounds)).toBe(true);
    expect(await cluster.allows(asked, bounds)).toBe(false);
    await expect(cluster.allows(asked, bounds)).rejects.toThrow();
    const { method, path, body } = lastRequest();
    expect([method, path]).toEqual(['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews']);
    expect(JSON.parse(body)).toEqual({
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
      spec: { resourceAttributes: asked },
    });
  });
});
