import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openCluster } from '../../../../activities/clients/kubernetes/cluster';
import type { AccessSource } from '../../../../activities/clients/kubernetes/kubeconfig';
import { privateAuthority } from '../../private-authority';
import { refused } from '../../refused';
import { apiServer, type ApiServer, failure } from './api-server';
import { base64, kubeconfig } from './kubeconfigs';

const LIST = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rekor', name: 'sharding-config' };
const bounds = { signal: new AbortController().signal };

let server: ApiServer;

beforeEach(async () => (server = await apiServer()));

afterEach(() => server.close());

/** Asks for something, and gives the request that came. */
async function asked(source: AccessSource) {
  await openCluster({ log: 'production', source }).get(LIST, bounds);
  const { headers, certificate } = server.received.at(-1) ?? { headers: {} };
  return { authorization: headers.authorization, certificate };
}

function unusable(source: AccessSource): Promise<string> {
  const use = async (): Promise<unknown> => await asked(source);
  return refused('CLUSTER_CREDENTIALS_UNUSABLE', use());
}

/** A plugin that prints this and ends so; how often it ran is the length of a file beside it. */
function plugin(prints: string, exitCode = 0): { readonly command: string; readonly runs: () => number } {
  const command = join(mkdtempSync(join(tmpdir(), 'plugin-')), 'plugin');
  const counter = join(dirname(command), 'runs');
  writeFileSync(`${command}.out`, prints);
  writeFileSync(
    command,
    `#!/bin/sh\nprintf x >> ${counter}\ncat ${command}.out\necho hunter2 >&2\nexit ${exitCode}\n`,
  );
  chmodSync(command, 0o755);
  return { command, runs: () => readFileSync(counter, 'utf8').length };
}

function exec(command: string): object {
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' } };
}

describe('credentials of a kubeconfig', () => {
  it('are a token', async () => {
    expect(await asked({ kubeconfig: kubeconfig(server) })).toMatchObject({
      authorization: 'Bearer the-token',
    });
  });

  it('are a client certificate, from files beside it', async () => {
    const { cert, key } = server.authority.serverFor('rekor-rotate');
    const file = kubeconfig(server, { 'client-certificate': 'us.pem', 'client-key': 'us.key' });
    writeFileSync(join(dirname(file), 'us.pem'), cert);
    writeFileSync(join(dirname(file), 'us.key'), key);
    expect(await asked({ kubeconfig: file })).toEqual({
      authorization: undefined,
      certificate: 'rekor-rotate',
    });
  });

  it('are a client certificate within it', async () => {
    const { cert, key } = server.authority.serverFor('rekor-rotate');
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    expect(await asked({ kubeconfig: kubeconfig(server, user) })).toMatchObject({
      certificate: 'rekor-rotate',
    });
  });

  it('are what a plugin gives, which runs once', async () => {
    const { command, runs } = plugin('{"kind":"ExecCredential","status":{"token":"of-the-plugin"}}');
    const source = { kubeconfig: kubeconfig(server, exec(command)) };
    expect(await asked(source)).toMatchObject({ authorization: 'Bearer of-the-plugin' });
    expect(runs()).toBe(1);
  });

  it('are asked of the plugin again after the API server took nobody with them', async () => {
    const { command, runs } = plugin('{"kind":"ExecCredential","status":{"token":"expired"}}');
    const cluster = openCluster({
      log: 'production',
      source: { kubeconfig: kubeconfig(server, exec(command)) },
    });
    server.interfere = ({ headers }, response) =>
      headers.authorization === 'Bearer expired'
        ? (failure(response, 401, 'Unauthorized', 'Unauthorized'), true)
        : undefined;
    const words = await refused('CLUSTER_CREDENTIALS_UNUSABLE', cluster.get(LIST, bounds));
    expect(words).toContain('the API server takes nobody with them (401)');
    writeFileSync(`${command}.out`, '{"kind":"ExecCredential","status":{"token":"fresh"}}');
    expect(await cluster.get(LIST, bounds)).toBeUndefined();
    expect(runs()).toBe(2);
  });

  it('are those of the context that is named', async () => {
    const file = kubeconfig(server);
    expect(await asked({ kubeconfig: file, context: 'test' })).toMatchObject({
      authorization: 'Bearer the-token',
    });
    expect(await unusable({ kubeconfig: file, context: 'other' })).toContain(
      `from ${file} (context other), cannot be used: it has no such context; it has test`,
    );
  });

  it('are not waited for when their plugin hangs', async () => {
    const command = join(mkdtempSync(join(tmpdir(), 'plugin-')), 'plugin');
    writeFileSync(command, '#!/bin/sh\nexec sleep 3\n');
    chmodSync(command, 0o755);
    const source = { kubeconfig: kubeconfig(server, exec(command)) };
    const read = openCluster({ log: 'production', source }).get(LIST, { ...bounds, timeoutMs: 200 });
    expect(await refused('CLUSTER_UNREACHABLE', read)).toContain('no answer within');
    expect(server.received).toEqual([]);
  });
});

describe('credentials that cannot be used', () => {
  it('are said without what a plugin says of its failure (H28)', async () => {
    const words = await unusable({ kubeconfig: kubeconfig(server, exec(plugin('', 1).command)) });
    expect(words).toContain('their plugin failed');
    expect(words).not.toContain('hunter2');
    const printed = await unusable({ kubeconfig: kubeconfig(server, exec(plugin('hunter2').command)) });
    expect(printed).not.toContain('hunter2');
    const missing = await unusable({ kubeconfig: kubeconfig(server, exec('/no/such/plugin')) });
    expect(missing).toContain('it does not exist');
  });

  it('are said without what the file says (H28)', async () => {
    const file = kubeconfig(server);
    writeFileSync(file, 'password: hunter2\n  users: [');
    const words = await unusable({ kubeconfig: file });
    expect(words).toContain('it is no kubeconfig');
    expect(words).not.toContain('hunter2');
    expect(await unusable({ kubeconfig: `${file}.absent` })).toContain('it does not exist');
  });

  it.each<[string, object, object]>([
    ['insecure-skip-tls-verify', {}, { 'insecure-skip-tls-verify': true }],
    ['is not https', {}, { server: 'http://127.0.0.1:1' }],
    ['is no URL', {}, { server: 'nowhere' }],
    ['tokenFile', { tokenFile: '/tmp/token' }, {}],
    ['as-groups and as-uid', { token: 'a', as: 'b', 'as-groups': ['c'], 'as-uid': 'd' }, {}],
  ])('are told by %s before anything is sent', async (why, user, cluster) => {
    expect(await unusable({ kubeconfig: kubeconfig(server, user, cluster) })).toContain(why);
    expect(server.received).toEqual([]);
  });

  it('are those of a context without its user or its cluster', async () => {
    const file = kubeconfig(server);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('user: us\n', 'user: nobody\n'));
    expect(await unusable({ kubeconfig: file })).toContain('no user of the name');
    writeFileSync(file, text.replace('cluster: here\n', 'cluster: nowhere\n'));
    expect(await unusable({ kubeconfig: file })).toContain('no cluster of the name');
  });
});

it('sends no credentials to a server of another authority', async () => {
  const source = { kubeconfig: kubeconfig({ url: server.url, authority: privateAuthority() }) };
  const read = openCluster({ log: 'production', source }).get(LIST, bounds);
  expect(await refused('CLUSTER_UNREACHABLE', read)).toMatch(/SIGNATURE|SELF_SIGNED|UNABLE_TO/);
  expect(server.received).toEqual([]);
});

describe('in a pod', () => {
  const names = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'] as const;
  const before = names.map((name) => process.env[name]);

  afterEach(() => {
    names.forEach((name, position) => {
      if (before[position] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[position];
    });
  });

  it('are the token and the authority of its service account', async () => {
    const root = mkdtempSync(join(tmpdir(), 'pod-'));
    const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(folder, { recursive: true });
    cpSync(server.authority.file, join(folder, 'ca.crt'));
    writeFileSync(join(folder, 'token'), 'of-the-pod');
    [process.env.KUBERNETES_SERVICE_HOST, process.env.KUBERNETES_SERVICE_PORT] = [
      '127.0.0.1',
      new URL(server.url).port,
    ];
    expect(await asked({ inCluster: true, root })).toMatchObject({ authorization: 'Bearer of-the-pod' });
  });

  it('are not there outside of one', async () => {
    names.forEach((name) => Reflect.deleteProperty(process.env, name));
    expect(await unusable({ inCluster: true })).toContain('KUBERNETES_SERVICE_HOST');
  });
});
