import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import { changesObject, forbidden } from '../../faults/chosen-calls';
import { startHttpProxy, type HttpProxy } from '../../faults/http-proxy';
import { newClusterAuthority } from '../../lab/kubernetes/certificates';
import { kubeconfig } from '../../lab/kubernetes/kubeconfig';
import { apiServer, type ApiServer } from '../activities/clients/kubernetes/api-server';
import { refused } from '../activities/refused';

const MADE = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made', namespace: 'rekor' } },
  data: { shards: '[]' },
};
const within = () => ({ signal: AbortSignal.timeout(30_000) });

describe('the HTTP proxy before an API server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'proxy-'));
  let server: ApiServer;
  let proxy: HttpProxy;
  let cluster: Cluster;

  beforeAll(async () => {
    server = await apiServer();
    const own = await newClusterAuthority();
    const shown = await own.issue({ name: 'proxy', serves: ['127.0.0.1'] });
    const authority = readFileSync(server.authority.file, 'utf8');
    proxy = await startHttpProxy({ upstream: server.url, tls: { ...shown, authority } });
    const file = join(directory, 'kubeconfig');
    writeFileSync(file, kubeconfig(proxy.url, own.certificate, { token: 'a-token' }));
    cluster = openCluster({ log: 'production', source: { kubeconfig: file } });
  });
  afterAll(async () => {
    await proxy.end();
    await server.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    proxy.clear();
    server.changed.length = 0;
  });

  it('passes requests and the token of whoever asks on', async () => {
    await cluster.apply(MADE, within());
    expect(await cluster.get({ ...MADE, ...MADE.metadata }, within())).toMatchObject({ data: MADE.data });
    expect(server.changed).toHaveLength(1);
    expect(server.received.map(({ headers }) => headers.authorization)).toContain('Bearer a-token');
  });

  it('forbids the chosen changes of one object, and no others', async () => {
    proxy.when(changesObject('configmaps', 'made', '"shards":"[7]"')).answer(forbidden);
    const words = await refused(
      'CLUSTER_DENIED',
      cluster.apply({ ...MADE, data: { shards: '[7]' } }, within()),
    );
    expect(words).toContain('does not let us patch configmaps rekor/made');
    expect(server.changed).toEqual([]);

    await cluster.apply(MADE, within());
    const other = { ...MADE, metadata: { ...MADE.metadata, name: 'made-later' } };
    await cluster.apply({ ...other, data: { shards: '[7]' } }, within());
    expect(server.changed).toHaveLength(2);
  });

  it('speaks to no server that another authority has signed for', async () => {
    const own = await newClusterAuthority();
    const shown = await own.issue({ name: 'proxy', serves: ['127.0.0.1'] });
    const other = await startHttpProxy({
      upstream: server.url,
      tls: { ...shown, authority: own.certificate },
    });
    const file = join(directory, 'other');
    writeFileSync(file, kubeconfig(other.url, own.certificate, { token: 'a-token' }));
    const before = server.received.length;
    const asked = openCluster({ log: 'production', source: { kubeconfig: file } });
    await refused('CLUSTER_UNREACHABLE', asked.get({ ...MADE, ...MADE.metadata }, within()));
    expect(server.received).toHaveLength(before);
    await other.end();
  });
});
