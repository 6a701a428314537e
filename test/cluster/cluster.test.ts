import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { ClusterProcess } from '../../harness/cluster-process';
import { tracesOn, type Traces } from '../../harness/traces';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { ClusterApi, type Manifest } from '../../lab/kubernetes/api';
import { NAME_SERVER_IMAGE } from '../../lab/kubernetes/name-server';
import { identify } from '../../tools/process-identity';

describe('a cluster of the lab', () => {
  let lab: ClusterProcess;
  let before: Traces;

  beforeEach(async () => {
    lab = new ClusterProcess();
    before = await tracesOn(lab.directory);
  });
  afterEach(async () => {
    await lab.end();
  });

  const runningOf = (pids: readonly number[]): readonly number[] =>
    pids.filter((pid) => identify(pid) !== null);

  it('runs pods behind Services, which this machine reaches, and leaves nothing when it is taken down', async () => {
    const cluster = await lab.up('none');
    const api = ClusterApi.fromFile(cluster.kubeconfig);
    await api.apply(page);
    await until('the pod to be ready', PATIENCE_MS, () => api.isAvailable('default', 'page'));
    const address = await api.serviceAddress('default', 'page');
    const inside = lab.processes();

    expect(address).toMatch(/^198\.19\./);
    // The node learns of the pod after the API does.
    const answer = await until('the Service', PATIENCE_MS, () => fetch(`http://${address}/ready`));
    expect(await answer.text()).toBe('OK');
    expect(cluster.complete).toBe(true);
    expect((await lab.run('status')).code).toBe(0);
    expect(inside.length).toBeGreaterThan(cluster.programs.length);
    // What the machine shows of it, it shows by the names that the end of the test looks for.
    const meanwhile = await tracesOn(lab.directory);
    expect(meanwhile.interfaces).not.toEqual(before.interfaces);
    expect(meanwhile.cgroups).not.toEqual(before.cgroups);
    expect({ ...meanwhile, interfaces: [], routes: [], cgroups: [] }).toEqual({
      ...{ ...before, interfaces: [], routes: [], cgroups: [] },
    });

    expect((await lab.run('down')).code).toBe(0);
    expect(runningOf(inside)).toEqual([]);
    expect(await tracesOn(lab.directory)).toEqual(before);
    expect(existsSync(lab.directory)).toBe(false);
    expect((await lab.run('status')).code).toBe(3);
  });

  it('ends whole when the holder of its namespaces is killed, and what the kernel keeps is removed later', async () => {
    const cluster = await lab.up('none');
    const inside = lab.processes();
    process.kill(cluster.pid ?? 0, 'SIGKILL');
    await until('every process to end', PATIENCE_MS, () => runningOf(inside).length === 0);

    const { mounts, interfaces, routes } = await tracesOn(lab.directory);
    expect({ mounts, interfaces, routes }).toEqual({
      ...{ mounts: before.mounts, interfaces: before.interfaces, routes: before.routes },
    });
    expect((await lab.run('status')).code).toBe(4);

    const again = await lab.up('none');
    expect(again.complete).toBe(true);
    expect((await lab.run('down')).code).toBe(0);
    expect(await tracesOn(lab.directory)).toEqual(before);
  });

  it('is removed by down when its start was killed half way', async () => {
    const child = lab.start('up', '--kubernetes', '--shape', 'none');
    let messages = '';
    child.stderr?.on('data', (text: Buffer) => (messages += text.toString()));
    await until('the API server', PATIENCE_MS, () => messages.includes('the API server is ready'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const inside = lab.processes();
    expect(inside.length).toBeGreaterThan(1);

    expect((await lab.run('down')).code).toBe(0);
    expect(runningOf(inside)).toEqual([]);
    expect(await tracesOn(lab.directory)).toEqual(before);
    expect(existsSync(lab.directory)).toBe(false);
  });
});

const labels = { app: 'page' };
const metadata = { namespace: 'default', name: 'page' };

/** A page that says OK: that of a name server that serves no name. */
const page: readonly Manifest[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: '.:1053 {\n    ready\n}\n' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'page',
              image: NAME_SERVER_IMAGE,
              imagePullPolicy: 'Never',
              args: ['-conf', '/settings/Corefile'],
              readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'settings', mountPath: '/settings' }],
            },
          ],
          volumes: [{ name: 'settings', configMap: { name: 'page' } }],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8181 }] },
  },
];
