import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientsOf } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { ClusterApi } from '../../lab/kubernetes/api';
import type { ClusterStatus } from '../../lab/kubernetes/cluster';
import { shapeNames } from '../../lab/kubernetes/log/shapes';
import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import { temporalAnswers } from '../../lab/readiness';
import { createRecorder } from '../../load/recorder';
import { commandsOf, wordsOf } from '../docs/markdown';
import { LAUNCHER_PORT, waitingRekor } from './waiting-rekor';

/** What a document says to type, by the command that it begins with. */
const documented = new Map(
  commandsOf('docs/lab.md').map((line) => {
    const [, , action = '', ...options] = wordsOf(line);
    return [action, options] as const;
  }),
);
const optionsOf = (action: string): readonly string[] => documented.get(action) ?? ['not documented'];

describe.each(shapeNames)('a log on the cluster of the lab, in the shape %s', (shape) => {
  let lab: ClusterProcess;
  let cluster: ClusterStatus;

  beforeAll(async () => {
    lab = new ClusterProcess();
    const options = shape === 'upstream' ? optionsOf('up') : ['--shape', shape, '--detach'];
    const { code, messages } = await lab.run('up', ...options);
    if (code !== 0) {
      throw new Error(messages);
    }
    cluster = JSON.parse((await lab.run('status', '--json')).output) as ClusterStatus;
  });
  afterAll(async () => {
    await lab.end();
  });

  it('is shown with the address of Rekor', async () => {
    const { code, output } = await lab.run('status', ...optionsOf('status'));
    expect({ code, shape: cluster.log?.shape }).toEqual({ code: 0, shape });
    expect(output).toContain(cluster.log?.url);
  });

  it('takes entries at its Service, which every instance gives back with a proof', async () => {
    const { url, instances = [], firstTree } = cluster.log ?? {};
    const recorder = createRecorder();
    const clients = clientsOf(url ?? '', recorder);
    for (let entry = 0; entry < 5; entry += 1) {
      await clients.upload(url ?? '');
    }
    const acknowledged = recorder.acknowledged();

    expect(acknowledged.map(({ logIndex }) => logIndex)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(acknowledged.map(({ treeId }) => treeId))).toEqual(new Set([firstTree]));
    expect(instances).toHaveLength(2);
    for (const instance of instances) {
      await clientsOf(instance, recorder).expectNothingLost();
      const log = (await (await fetch(`${instance}/api/v1/log`)).json()) as { signedTreeHead: string };
      // One name for all of them, so that a witness takes them for one log.
      expect(log.signedTreeHead).toMatch(/^rekor-server\.rekor-system\.svc - \d+\n/);
    }
  });

  it('has Temporal, and the image of this checkout runs in it without root', async () => {
    expect(await temporalAnswers(cluster.log?.temporal ?? '')).toBe(true);

    const api = await ClusterApi.fromFile(cluster.kubeconfig);
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
    const api = await ClusterApi.fromFile(cluster.kubeconfig);
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
