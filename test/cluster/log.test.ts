import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { clientsOf } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import { gateAdmin, type GateAdmin } from '../../harness/gate-admin';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { workerProcess } from '../../harness/worker-process';
import { labLog } from '../../lab/configuration';
import { ClusterApi } from '../../lab/kubernetes/api';
import type { ClusterStatus } from '../../lab/kubernetes/cluster';
import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { SIGNING_KEY } from '../../lab/kubernetes/log/shape';
import { shapes } from '../../lab/kubernetes/log/shapes';
import { WORKER, workerManifests } from '../../lab/kubernetes/log/worker';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { temporalAnswers } from '../../lab/readiness';
import { createRecorder } from '../../load/recorder';
import type { Check, CheckCode } from '../../workflows/model/checks';
import { saidBy } from '../cli/recording-terminal';
import { commandsOf, wordsOf } from '../docs/markdown';
import { LAUNCHER_PORT, waitingRekor } from './waiting-rekor';

/** What a document says to type, by the command that it begins with. */
const commands = commandsOf('docs/lab.md').map((line) => wordsOf(line).slice(1));
const documented = new Map(
  commands.flatMap(([command, action = '', ...options]) =>
    // On a cluster that is there it is brought up by foreign-cluster.test.ts.
    command === 'lab' && !options.includes('--kubeconfig') ? [[action, options] as const] : [],
  ),
);
const optionsOf = (action: string): readonly string[] => documented.get(action) ?? ['not documented'];

interface ReachedGate {
  readonly adminAddress?: string;
  readonly token: { readonly file: string };
}

// The other shape is where a log on a cluster is rotated: each cluster costs a minute.
const shape = 'upstream';

describe('a log on the cluster of the lab', () => {
  let lab: ClusterProcess;
  let cluster: ClusterStatus;
  let api: ClusterApi;
  const recorder = createRecorder();

  /** As the status has it. */
  function log(): ClusterLog {
    if (cluster.log === null) {
      throw new Error('The lab has no log.');
    }
    return cluster.log;
  }

  /** The gate, as the configuration for this machine says how to reach it. */
  function gate(): GateAdmin {
    const { logs } = parse(readFileSync(log().configuration, 'utf8')) as {
      readonly logs: Readonly<Record<string, { readonly gate: ReachedGate }>>;
    };
    const { adminAddress = '', token } = logs[labLog]?.gate ?? { token: { file: '' } };
    return gateAdmin(adminAddress, token.file);
  }

  beforeAll(async () => {
    lab = new ClusterProcess();
    const { code, messages } = await lab.run('up', ...optionsOf('up'));
    if (code !== 0) {
      throw new Error(messages);
    }
    cluster = JSON.parse((await lab.run('status', '--json')).output) as ClusterStatus;
    api = ClusterApi.fromFile(cluster.kubeconfig);
  });
  afterAll(async () => {
    await lab.end();
  });

  it('is shown with the address of the gate and the configuration for this machine', async () => {
    const { code, output } = await lab.run('status', ...optionsOf('status'));
    const { publicUrl, url, configuration } = log();
    expect({ code, shape: log().shape }).toEqual({ code: 0, shape });
    expect(output).toMatch(new RegExp(`^Rekor +${publicUrl}$`, 'm'));
    expect(output).toMatch(new RegExp(`^past the gate +${url}$`, 'm'));
    expect(output).toMatch(new RegExp(`^configuration +${configuration}$`, 'm'));
    expect(publicUrl).not.toBe(url);
  });

  it('takes entries at its gate, which every instance gives back with a proof', async () => {
    const { publicUrl, instances, firstTree } = log();
    const clients = clientsOf(publicUrl, recorder);
    for (let entry = 0; entry < 5; entry += 1) {
      await clients.upload(publicUrl);
    }
    const acknowledged = recorder.acknowledged();

    await clients.expectNothingLost();
    expect(acknowledged.map(({ logIndex }) => logIndex)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(acknowledged.map(({ treeId }) => treeId))).toEqual(new Set([firstTree]));
    expect(instances).toHaveLength(2);
    for (const instance of instances) {
      await clientsOf(instance, recorder).expectNothingLost();
      const served = (await (await fetch(`${instance}/api/v1/log`)).json()) as { signedTreeHead: string };
      // One name for all of them, so that a witness takes them for one log.
      expect(served.signedTreeHead).toMatch(/^rekor-gate\.rekor-system\.svc - \d+\n/);
    }
  });

  it('has a gate that sends to the Service of the standing Deployment, and from a new pod again', async () => {
    const { publicUrl, namespace } = log();
    const counted = async (): Promise<unknown> => {
      const { mode, instances, writes } = await gate().state();
      return { mode, instances, accepted: writes?.accepted };
    };
    const standing = { mode: 'pass', instances: ['http://rekor-server.rekor-system.svc'] };
    expect(await counted()).toEqual({ ...standing, accepted: 5 });

    await api.deletePods(namespace, GATE_SERVICE);
    await until('another gate', PATIENCE_MS, async () => (await gate().state()).writes?.accepted === 0);
    const clients = clientsOf(publicUrl, recorder);
    await clients.expectGoesOn();
    expect(await counted()).toEqual({ ...standing, accepted: 1 });
  });

  it('has a worker that may do what a rotation does, and read no key', async () => {
    const may = (verb: string, resource: string, name: string, group = ''): Promise<boolean> =>
      api.isAllowed(log().namespace, WORKER, { verb, group, resource, name });
    expect(await may('patch', 'configmaps', 'sharding-config')).toBe(true);
    expect(await may('patch', 'configmaps', 'rekor-config')).toBe(false);
    expect(await may('create', 'deployments', 'rekor-server-next', 'apps')).toBe(true);
    expect(await may('create', 'deployments', 'any', 'apps')).toBe(false);
    expect(await may('delete', 'deployments', 'rekor-server', 'apps')).toBe(false);
    expect(await may('delete', 'pods', 'any')).toBe(true);
    expect(await may('create', 'secrets', 'rekor-server-next-launcher')).toBe(true);
    expect(await may('get', 'secrets', SIGNING_KEY)).toBe(false);
    expect(await may('patch', 'services', 'rekor-server')).toBe(false);
    expect(await may('list', 'secrets', '')).toBe(false);
  });

  it('is planned by that worker, for whoever asks on this machine as the document says', async () => {
    const documentedPlan = commands.find(([command]) => command === 'plan') ?? [];
    const here = documentedPlan.map((word) => word.replace('DIRECTORY', lab.directory));
    const { code, words } = await saidBy(here);
    expect({ code, words }).toEqual({
      code: 0,
      words: expect.stringContaining('This was a dry run') as string,
    });
    expect(words).toContain('Serves now Deployment rekor-server, at http://');
    expect(words).toContain("Drained when Trillian's database shows its queue empty");
    expect(words).toContain(`Current tree ${log().firstTree}, ${recorder.acknowledged().length} entries`);
  });

  it('is looked at by the doctor from this machine, which reaches the gate and what is behind it', async () => {
    const { output } = await saidBy(['doctor', labLog, '--config', log().configuration, '--json']);
    const { checks } = JSON.parse(output) as { readonly checks: readonly Check[] };
    const found = (code: CheckCode): unknown => checks.find((check) => check.code === code)?.state;
    expect(found('WORKER_POLLS')).toBe('ok');
    expect(found('TRAFFIC_ANSWERS')).toBe('ok');
    expect(found('PUBLIC_WRITES_PASS_GATE')).toBe('ok');
    expect(checks.filter(({ state }) => state === 'refused')).toEqual([]);
  });

  it('is rotated by that worker: its clients go on, and every instance has the tree that ended', async () => {
    const documentedRotation = commands.find(([command]) => command === 'rotate') ?? [];
    const here = documentedRotation.map((word) => word.replace('DIRECTORY', lab.directory));
    const { code } = await saidBy(here);
    expect(code).toBe(0);
    const clients = clientsOf(log().publicUrl, recorder);
    await clients.expectGoesOn();
    for (const address of await api.podAddresses(log().namespace, 'rekor-server')) {
      await clientsOf(`http://${address}:3000`, recorder).expectNothingLost();
    }
  });

  it('would take former shards, as the doctor says, where nobody has installed the policies', async () => {
    const { output } = await saidBy(['doctor', labLog, '--config', log().configuration, '--json']);
    const { checks } = JSON.parse(output) as { readonly checks: readonly Check[] };
    const warnings = checks.filter(({ code }) => code === 'FORMER_SHARDS_REFUSED');
    expect(warnings.map(({ state }) => state)).toEqual(['warning', 'warning']);
    await clientsOf(log().publicUrl, recorder).expectGoesOn();
  });

  it('is rotated by a worker outside of the cluster, by the kubeconfig in its configuration', async () => {
    const { configuration, publicUrl } = log();
    const inside = workerManifests(shapes[shape]).filter(({ kind }) => kind === 'Deployment');
    const withPods = (replicas: number) =>
      inside.map((object) => ({ ...object, spec: { ...(object['spec'] as object), replicas } }));
    await api.apply(withPods(0));
    const { namespace } = log();
    await until(
      'the end of the worker inside',
      PATIENCE_MS,
      async () => (await api.podAddresses(namespace, WORKER)).length === 0,
    );
    const worker = workerProcess('worker-outside', configuration, dirname(lab.directory));
    worker.start();
    try {
      await worker.started();
      const { code } = await saidBy(['rotate', labLog, '--config', configuration, '--yes']);
      expect({ code, words: code === 0 ? '' : worker.output() }).toEqual({ code: 0, words: '' });
      await clientsOf(publicUrl, recorder).expectGoesOn();
    } finally {
      await worker.stop();
      await api.apply(withPods(1));
    }
  });

  it('has Temporal, and the image of this checkout runs in it without root', async () => {
    expect(await temporalAnswers(log().temporal)).toBe(true);

    const metadata = { namespace: 'default', name: 'version' };
    const container = { name: 'version', image: OWN_IMAGE, imagePullPolicy: 'Never', args: ['--version'] };
    const spec = {
      ...{ restartPolicy: 'Never', securityContext: { runAsNonRoot: true } },
      containers: [container],
    };
    await api.apply([{ apiVersion: 'v1', kind: 'Pod', metadata, spec }]);
    await until('the pod to end', PATIENCE_MS, async () =>
      ['Succeeded', 'Failed'].includes(await api.podPhase('default', 'version')),
    );
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
      readonly version: string;
    };
    expect((await api.podLog('default', 'version')).trim()).toBe(version);
    expect(await api.podPhase('default', 'version')).toBe('Succeeded');
  });

  it('lets a Rekor start and end by an order each, in a pod whose launcher is out of that image', async () => {
    const { trillian = '', firstTree = '' } = cluster.log ?? {};
    const [host = '', port = ''] = trillian.split(':');
    const name = 'waiting-rekor';
    const token = 'a token for tests';
    const attempt = 'rotation-7.2';
    const args = [
      ...[
        'serve',
        '--rekor_server.address=0.0.0.0',
        '--rekor_server.signer=memory',
        '--enable_retrieve_api=false',
      ],
      ...[`--trillian_log_server.address=${host}`, `--trillian_log_server.port=${port}`],
      `--trillian_log_server.tlog_id=${firstTree}`,
    ];
    const api = ClusterApi.fromFile(cluster.kubeconfig);
    await api.apply([waitingRekor({ name, token, attempt, args })]);
    await until('the pod to wait', PATIENCE_MS, () => api.isAvailable('default', name));
    const [address = ''] = await api.podAddresses('default', name);
    const rekor = `http://${address}:3000/api/v1/log`;
    const order = async (path: string): Promise<unknown> => {
      const response = await fetch(`http://${address}:${LAUNCHER_PORT}${path}`, {
        method: 'PUT',
        headers: {
          ...{ authorization: `Bearer ${token}`, attempt },
          'not-after': String(Date.now() + PATIENCE_MS),
        },
      });
      return { status: response.status, ...((await response.json()) as object) };
    };

    await expect(fetch(rekor)).rejects.toThrow('fetch failed');
    expect(await order('/start')).toEqual({
      ...{ status: 200, wanted: true, running: true, starts: 1, lastExit: null },
    });
    const { treeID } = await until('Rekor to answer', PATIENCE_MS, async () => {
      const response = await fetch(rekor);
      return response.ok ? ((await response.json()) as { readonly treeID: string }) : null;
    });
    expect(treeID).toBe(firstTree);
    expect(await order('/stop')).toMatchObject({ status: 200, wanted: false, running: false, starts: 1 });
    await expect(fetch(rekor)).rejects.toThrow('fetch failed');
  });

  it('is stopped, and its files are removed', async () => {
    const { code, messages } = await lab.run('down', ...optionsOf('down'));
    expect([code, messages]).toEqual([0, 'The cluster is stopped, and its files are removed\n']);
    expect(existsSync(lab.directory)).toBe(false);
  });
});
