import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster } from '../../activities/clients/kubernetes/cluster';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import { runInDeployment } from '../../harness/pod-commands';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog } from '../../lab/configuration';
import { ClusterApi } from '../../lab/kubernetes/api';
import type { ClusterStatus } from '../../lab/kubernetes/cluster';
import { clusterFiles } from '../../lab/kubernetes/files';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { WORKER } from '../../lab/kubernetes/log/worker';
import { inside } from '../../lab/kubernetes/namespaces';
import { FORWARDS, programFiles } from '../../lab/kubernetes/programs';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { CONTAINERD_SOCKET } from '../../lab/kubernetes/settings';
import { recorded } from '../../lab/process';
import { createRecorder } from '../../load/recorder';
import { ensureContainerPrograms } from '../../tools/container-programs';
import type { Check } from '../../workflows/model/checks';
import { saidBy } from '../cli/recording-terminal';
import { commandsOf, wordsOf } from '../docs/markdown';

/** A cluster of the lab's own is one that is there for another lab: it knows it by its kubeconfig alone. */

/** What the document says to type, without the file and the command that are each one's own. */
const documented = commandsOf('docs/lab.md')
  .map((line) => wordsOf(line).slice(1))
  .find((words) => words.includes('--kubeconfig'));

/** The namespaces of a log in the shape upstream. */
const NAMESPACES = ['rekor-system', 'temporal'];

describe('a lab on a cluster that was there before it', () => {
  const host = new ClusterProcess();
  const lab = new ClusterProcess();
  const scripts = mkdtempSync(join(tmpdir(), 'loader-'));
  const loader = join(scripts, 'load');
  const recorder = createRecorder();
  let kubeconfig: string;
  let before: Readonly<Record<string, readonly string[]>>;
  let log: ClusterLog;
  let clients: Clients;

  const on = (...more: readonly string[]) => ['--kubeconfig', kubeconfig, ...more];
  const loading = () => on('--load-with', loader);
  const namespaces = async (): Promise<readonly string[]> => (await everything())['Namespace'] ?? [];

  /** The names of what is in the cluster beside the namespaces of the lab. */
  async function everything(): Promise<Readonly<Record<string, readonly string[]>>> {
    const cluster = openCluster({ log: 'foreign', source: { kubeconfig } });
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const rbac = 'rbac.authorization.k8s.io/v1';
    const kinds = [
      { apiVersion: 'v1', kind: 'Namespace' },
      { apiVersion: rbac, kind: 'ClusterRole' },
      { apiVersion: rbac, kind: 'ClusterRoleBinding' },
      { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      { apiVersion: 'v1', kind: 'PersistentVolume' },
    ];
    const found = kinds.map(
      async (kind) =>
        [
          kind.kind,
          (await cluster.list(kind, {}, { signal })).items.map(({ metadata }) => metadata.name).sort(),
        ] as const,
    );
    const inOthers = ['default', 'kube-system'].map(
      async (name) => [name, Object.keys(await objectsIn(kubeconfig, name)).sort()] as const,
    );
    return Object.fromEntries(await Promise.all([...found, ...inOthers]));
  }

  /** Runs a command in the containerd of the node, as programs for clusters on one machine do it for theirs. */
  async function writeLoader(): Promise<void> {
    const holder = recorded(clusterFiles(host.directory).holder);
    if (holder === null) throw new Error('The cluster has ended.');
    const { ctr, environment } = await ensureContainerPrograms({ report: () => undefined });
    const variables = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
    const load = [...inside(holder), ctr, '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io'];
    const lines = ['#!/bin/sh', ...variables, `exec ${load.join(' ')} images import "$1"`, ''];
    writeFileSync(loader, lines.join('\n'), { mode: 0o755 });
  }

  beforeAll(async () => {
    ({ kubeconfig } = await host.up('none'));
    await writeLoader();
    before = await everything();
  });
  afterAll(async () => {
    await lab.end();
    await host.end();
    rmSync(scripts, { recursive: true });
  });

  it('says which images its node lacks, leaves nothing there, and keeps their archives', async () => {
    const { code, messages } = await lab.run('up', ...on('--detach'));
    expect(code).toBe(1);
    expect(messages).toContain('Node lab lacks these images:\n');
    expect(messages.match(/^ {2}localhost\/\S+, which is in \S+\.tar$/gm)).toHaveLength(6);
    expect(messages).toContain("Or let it do that: --load-with 'COMMAND'");
    const archives = readdirSync(clusterFiles(lab.directory).images).filter((name) => name.endsWith('.tar'));
    expect(archives).toHaveLength(6);
    expect(await everything()).toEqual(before);
    expect((await lab.run('status')).code).toBe(4);
  });

  it('is brought up as the document says, by its own ports of this machine', async () => {
    const [, , ...options] = documented ?? [];
    const own = options.map((word) =>
      word === '~/.kube/config' ? kubeconfig : word === 'kind load image-archive' ? loader : word,
    );
    const { code, messages } = await lab.run('up', ...own);
    expect([code, messages]).toEqual([0, expect.any(String)]);
    const status = JSON.parse((await lab.run('status', '--json')).output) as ClusterStatus;
    if (status.log === null) throw new Error('The lab has no log.');
    ({ log } = status);
    expect(status).toMatchObject({ kubeconfig, complete: true, existing: { context: 'rekor-rotate-lab' } });
    for (const url of [
      log.publicUrl,
      log.url,
      log.temporalUi,
      `http://${log.trillian}`,
      `http://${log.temporal}`,
    ]) {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    }
    const { code: shown, output } = await lab.run('status');
    expect(shown).toBe(0);
    expect(output).toMatch(/^context +rekor-rotate-lab$/m);
    clients = clientsOf(log.publicUrl, recorder);
    await clients.expectGoesOn();
  });

  it('has nothing there outside of its namespaces', async () => {
    expect(await everything()).toEqual({
      ...before,
      Namespace: [...(before['Namespace'] ?? []), ...NAMESPACES].sort(),
    });
  });

  it('is rotated by commands of this machine, and its clients go on', async () => {
    const told = ['--config', log.configuration];
    const planned = await saidBy(['plan', labLog, ...told]);
    expect(planned).toMatchObject({
      code: 0,
      words: expect.stringContaining('This was a dry run') as string,
    });
    const rotated = await saidBy(['rotate', labLog, '--yes', ...told]);
    expect([rotated.code, rotated.words]).toEqual([0, expect.any(String)]);
    await clients.expectGoesOn();
    const serves = (await (await fetch(`${log.url}/api/v1/log`)).json()) as { readonly treeID: string };
    expect(serves.treeID).not.toBe(log.firstTree);
  });

  it('is looked at by the doctor in the worker, which reaches what this machine does not', async () => {
    const worker = { namespace: log.namespace, name: WORKER };
    const { output } = await runInDeployment(kubeconfig, worker, [
      'rekor-rotate',
      'doctor',
      labLog,
      '--json',
    ]);
    const { checks } = JSON.parse(output) as { readonly checks: readonly Check[] };
    expect(checks.find(({ code }) => code === 'INSTANCES_ANSWER')?.state).toBe('ok');
    expect(checks.filter(({ state }) => state === 'refused')).toEqual([]);
  });

  it('is reached by the same port when a pod is replaced', async () => {
    const api = ClusterApi.fromFile(kubeconfig);
    const before = await api.podAddresses(log.namespace, GATE_SERVICE);
    await api.deletePods(log.namespace, GATE_SERVICE);
    // Until it has ended the former one still answers.
    await until('another pod', PATIENCE_MS, async () => {
      const now = await api.podAddresses(log.namespace, GATE_SERVICE);
      return now.length > 0 && !now.some((address) => before.includes(address));
    });
    await until('the gate', PATIENCE_MS, () => api.isAvailable(log.namespace, GATE_SERVICE));
    await clients.expectGoesOn();
  });

  it('keeps another one away, which changes nothing', async () => {
    const other = new ClusterProcess();
    try {
      const { code, messages } = await other.run('up', ...loading(), '--detach');
      expect(code).toBe(1);
      for (const name of NAMESPACES) {
        expect(messages).toMatch(new RegExp(`^ {2}${name}: of the lab in \\S+:${lab.directory}, which`, 'm'));
      }
      expect(existsSync(other.directory)).toBe(false);
      await clients.expectGoesOn();
    } finally {
      await other.end();
    }
  });

  it('is taken down with its namespaces, its ports and its files', async () => {
    const { pidFile } = programFiles(clusterFiles(lab.directory), FORWARDS);
    const forwards = recorded(pidFile);
    expect(forwards).not.toBeNull();
    const { code, messages } = await lab.run('down');
    expect([code, messages]).toEqual([0, expect.stringContaining('is removed, and its files are')]);
    expect(await everything()).toEqual(before);
    expect(existsSync(lab.directory)).toBe(false);
    await expect(fetch(log.publicUrl)).rejects.toThrow('fetch failed');
  });

  it.each([
    ['its namespaces are made', 'are made in the cluster'],
    ['a part of it runs', 'Trillian is ready'],
  ])('leaves nothing when its start is interrupted once %s', async (_moment, line) => {
    const child = lab.start('up', ...loading());
    let messages = '';
    child.stderr?.on('data', (text: Buffer) => (messages += text.toString()));
    await until(line, PATIENCE_MS, () => Promise.resolve(messages.includes(line)));
    expect(await namespaces()).toEqual(expect.arrayContaining(NAMESPACES));
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(130);
    expect(await everything()).toEqual(before);
    expect(existsSync(lab.directory)).toBe(false);
  });

  it('is removed by down when its start was killed half way', async () => {
    const child = lab.start('up', ...loading());
    let messages = '';
    child.stderr?.on('data', (text: Buffer) => (messages += text.toString()));
    await until('Trillian', PATIENCE_MS, () => Promise.resolve(messages.includes('Trillian is ready')));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await namespaces()).toEqual(expect.arrayContaining(NAMESPACES));

    expect((await lab.run('down')).code).toBe(0);
    expect(await everything()).toEqual(before);
    expect(existsSync(lab.directory)).toBe(false);
  });
});
