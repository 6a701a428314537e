import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descendantsOf, tracesOn, type Traces } from '../../harness/traces';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { ClusterApi, type Manifest } from '../../lab/kubernetes/api';
import type { ClusterStatus } from '../../lab/kubernetes/cluster';
import { clusterFiles } from '../../lab/kubernetes/files';
import { NAME_SERVER_IMAGE } from '../../lab/kubernetes/name-server';
import { identify } from '../../tools/process-identity';

const program = join(__dirname, '../../out/dist/lab/main.js');

describe('a cluster of the lab', () => {
  let directory: string;
  let before: Traces;

  beforeEach(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'cluster-')), 'lab');
    before = await tracesOn(directory);
  });
  afterEach(async () => {
    await lab('down');
    rmSync(join(directory, '..'), { recursive: true });
  });

  function start(action: string, ...options: string[]) {
    return spawn(process.execPath, [program, action, '--directory', directory, ...options], {
      stdio: 'pipe',
    });
  }

  async function lab(action: string, ...options: string[]) {
    const child = start(action, ...options);
    let output = '';
    let messages = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (messages += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, messages };
  }

  async function up(): Promise<ClusterStatus> {
    const { code, output, messages } = await lab('up', '--shape', 'none', '--detach', '--json');
    if (code !== 0) {
      throw new Error(messages);
    }
    return JSON.parse(output) as ClusterStatus;
  }

  /** Every process of the cluster, those of its pods among them. */
  function processes(): readonly number[] {
    const { running } = clusterFiles(directory);
    const recorded = readdirSync(running).filter((name) => name.endsWith('.pid'));
    return descendantsOf(
      recorded.map((name) => Number(readFileSync(join(running, name), 'utf8').split(' ')[0])),
    );
  }

  const runningOf = (pids: readonly number[]): readonly number[] =>
    pids.filter((pid) => identify(pid) !== null);

  it('runs pods behind Services, which this machine reaches, and leaves nothing when it is taken down', async () => {
    const cluster = await up();
    const api = await ClusterApi.fromFile(cluster.kubeconfig);
    await api.apply(page);
    await until('the pod to be ready', PATIENCE_MS, () => api.isAvailable('default', 'page'));
    const address = await api.serviceAddress('default', 'page');
    const inside = processes();

    expect(address).toMatch(/^198\.19\./);
    // The node learns of the pod after the API does.
    const answer = await until('the Service', PATIENCE_MS, () => fetch(`http://${address}/ready`));
    expect(await answer.text()).toBe('OK');
    expect(cluster.complete).toBe(true);
    expect((await lab('status')).code).toBe(0);
    expect(inside.length).toBeGreaterThan(cluster.programs.length);
    // What the machine shows of it, it shows by the names that the end of the test looks for.
    const meanwhile = await tracesOn(directory);
    expect(meanwhile.interfaces).not.toEqual(before.interfaces);
    expect(meanwhile.cgroups).not.toEqual(before.cgroups);
    expect({ ...meanwhile, interfaces: [], routes: [], cgroups: [] }).toEqual({
      ...{ ...before, interfaces: [], routes: [], cgroups: [] },
    });

    expect((await lab('down')).code).toBe(0);
    expect(runningOf(inside)).toEqual([]);
    expect(await tracesOn(directory)).toEqual(before);
    expect(existsSync(directory)).toBe(false);
    expect((await lab('status')).code).toBe(3);
  });

  it('ends whole when the holder of its namespaces is killed, and what the kernel keeps is removed later', async () => {
    const cluster = await up();
    const inside = processes();
    process.kill(cluster.pid ?? 0, 'SIGKILL');
    await until('every process to end', PATIENCE_MS, () => runningOf(inside).length === 0);

    const { mounts, interfaces, routes } = await tracesOn(directory);
    expect({ mounts, interfaces, routes }).toEqual({
      ...{ mounts: before.mounts, interfaces: before.interfaces, routes: before.routes },
    });
    expect((await lab('status')).code).toBe(4);

    const again = await up();
    expect(again.complete).toBe(true);
    expect((await lab('down')).code).toBe(0);
    expect(await tracesOn(directory)).toEqual(before);
  });

  it('is removed by down when its start was killed half way', async () => {
    const child = start('up', '--kubernetes', '--shape', 'none');
    let messages = '';
    child.stderr.on('data', (text: Buffer) => (messages += text.toString()));
    await until('the API server', PATIENCE_MS, () => messages.includes('the API server is ready'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const inside = processes();
    expect(inside.length).toBeGreaterThan(1);

    expect((await lab('down')).code).toBe(0);
    expect(runningOf(inside)).toEqual([]);
    expect(await tracesOn(directory)).toEqual(before);
    expect(existsSync(directory)).toBe(false);
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
