import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog, taskQueue } from '../../lab/configuration';
import { ClusterApi, type Manifest } from '../../lab/kubernetes/api';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import {
  CONFIGURATION_FILE,
  configurationVolume,
  workerSecretsVolume,
} from '../../lab/kubernetes/log/settings';
import { shapes } from '../../lab/kubernetes/log/shapes';
import { TEMPORAL } from '../../lab/kubernetes/log/temporal';
import { WORKER } from '../../lab/kubernetes/log/worker';
import type { ClusterLog } from '../../lab/kubernetes/record';
import type { Check } from '../../workflows/model/checks';
import type { RotationResult } from '../../workflows/model/result';
import { saidBy } from '../cli/recording-terminal';
import { cronJob, rekorContainer, workload } from '../init/kubernetes/shapes';

interface Written {
  temporal?: object;
  readonly logs: Readonly<
    Record<
      string,
      { readonly installation: Record<string, unknown>; readonly trillian: { database: object } }
    >
  >;
}

/** The Role of the document, a rule for each resource. */
const documentedRules = [
  ...readFileSync(join(__dirname, '../../docs/init.md'), 'utf8').matchAll(
    /^\| ((?:`[a-z0-9.]+`(?:, )?)+) +\| ((?:`(?:list|get)`(?:, )?)+) +\|$/gm,
  ),
].flatMap(([, resources = '', verbs = '']) =>
  namesIn(resources).map((resource) => {
    const [name = '', ...group] = resource.split('.');
    return { apiGroups: [group.join('.')], resources: [name], verbs: namesIn(verbs) };
  }),
);

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** The one object that a command prints; a pod's log has what it says beside that, too. */
function objectIn(said: string): unknown {
  try {
    return JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1)) as unknown;
  } catch (error) {
    throw new Error(`There is no object in this: ${said}`, { cause: error });
  }
}

describe.each(['upstream', 'helm-chart'] as const)('init of a log on a cluster, in the shape %s', (shape) => {
  const lab = new ClusterProcess();
  const { namespace } = shapes[shape].rekor;
  const trillianNamespace = shapes[shape].trillian.namespace;
  let log: ClusterLog;
  let api: ClusterApi;
  let kubeconfig: string;

  const init = (...more: readonly string[]) =>
    saidBy(['init', labLog, '--namespace', namespace, '--kubeconfig', kubeconfig, ...more]);

  beforeAll(async () => {
    const status = await lab.up(shape);
    if (status.log === null) throw new Error('The lab has no log.');
    ({ log, kubeconfig } = { ...status, log: status.log });
    api = ClusterApi.fromFile(kubeconfig);
  });
  afterAll(async () => {
    await lab.end();
  });

  /** Runs a command of rekor-rotate in a pod of the cluster, as this account, and returns all that it says. */
  async function saidInPod(name: string, account: string, args: readonly string[]): Promise<string> {
    const volumes = [configurationVolume, workerSecretsVolume];
    const container = {
      ...{ name, image: OWN_IMAGE, imagePullPolicy: 'Never', args },
      volumeMounts: volumes.map(({ name: volume, mountPath }) => ({ name: volume, mountPath })),
    };
    const spec = {
      ...{ restartPolicy: 'Never', serviceAccountName: account },
      securityContext: { runAsNonRoot: true, fsGroup: 65_532 },
      containers: [container],
      volumes: volumes.map(({ name: volume, source }) => ({ name: volume, ...source })),
    };
    await api.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec }]);
    await until('the pod to end', PATIENCE_MS, async () =>
      ['Succeeded', 'Failed'].includes(await api.podPhase(namespace, name)),
    );
    return await api.podLog(namespace, name);
  }

  it('recognises it, changes nothing, and lacks only what nothing in the cluster says', async () => {
    const before = await objectsIn(kubeconfig, namespace);
    const { code, output, words } = await init();
    expect(code).toBe(7);
    expect(words).toContain(
      shape === 'upstream' ? "layout: Rekor's own manifest" : "layout: Sigstore's Helm chart rekor-1.8.4",
    );
    expect(words).toContain(`tree: ${log.firstTree}`);
    // The image of the lab is none that Sigstore has built.
    expect(output.match(/^ *#\w+:/gm)?.map((line) => line.trim())).toEqual([
      ...['#temporal:', '#address:', '#entrypoint:'],
    ]);
    expect(words).not.toContain('Beware:');
    expect(await objectsIn(kubeconfig, namespace)).toEqual(before);
  });

  it('gives a worker in a pod all that it needs: the doctor refuses nothing, and a rotation is planned', async () => {
    const { output } = await init();
    const configuration = parse(output) as Written;
    const own = configuration.logs[labLog];
    if (own === undefined) throw new Error('There is no log.');
    // What a person fills in, and where the lab keeps the password of the user that was assumed.
    const address = `${TEMPORAL.name}.${TEMPORAL.namespace}.svc:${TEMPORAL.port}`;
    configuration.temporal = { address, taskQueue };
    own.installation['entrypoint'] = ['rekor-server'];
    own.trillian.database = {
      ...own.trillian.database,
      password: { file: '/etc/rekor-rotate-secrets/database-password' },
    };
    delete own.installation['kubeconfig'];
    await api.apply([
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'rekor-rotate' } },
        data: { 'rekor-rotate.yaml': stringify(configuration) },
      },
    ]);
    for (const deployment of [WORKER, GATE_SERVICE]) {
      const before = await api.podAddresses(namespace, deployment);
      await api.deletePods(namespace, deployment);
      await until(`another pod of ${deployment}`, PATIENCE_MS, async () => {
        const now = await api.podAddresses(namespace, deployment);
        const isAnother = now.length > 0 && now.every((address) => !before.includes(address));
        return isAnother && (await api.isAvailable(namespace, deployment));
      });
    }

    const told = ['--config', CONFIGURATION_FILE, '--json'];
    let checks: readonly Check[] = [];
    let tries = 0;
    await until('the worker to poll', PATIENCE_MS, async () => {
      const said = await saidInPod(`doctor-${(tries += 1)}`, WORKER, ['doctor', labLog, ...told]);
      ({ checks } = objectIn(said) as { readonly checks: readonly Check[] });
      return checks.some(({ code, state }) => code === 'WORKER_POLLS' && state === 'ok');
    });
    expect(checks.filter(({ state }) => state === 'refused')).toEqual([]);
    const said = await saidInPod('plan', WORKER, ['plan', labLog, ...told]);
    const { outcome, plan } = objectIn(said) as RotationResult;
    expect([outcome, plan?.currentTree.treeId]).toEqual(['planned', log.firstTree]);
  });

  it('is run by the account of a pod that may do what the document says, and refused to another by verb and resource', async () => {
    expect(documentedRules).toHaveLength(11);
    const account = { namespace, name: 'init' };
    const rbac = 'rbac.authorization.k8s.io';
    const inNamespace = (of: string): readonly Manifest[] => [
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { namespace: of, name: 'init' } },
        // Of Trillian's namespace the document says that these two are not read.
        rules: documentedRules.filter(
          ({ resources: [resource = ''] }) =>
            of === namespace || !['ingresses', 'rolebindings'].includes(resource),
        ),
      },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { namespace: of, name: 'init' } },
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'init' },
        subjects: [{ kind: 'ServiceAccount', ...account }],
      },
    ];
    await api.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }]);
    for (const each of new Set([namespace, trillianNamespace])) await api.apply(inNamespace(each));
    const command = ['init', labLog, '--namespace', namespace];
    const { output } = await init();
    const said = await saidInPod('init-in-pod', 'init', command);
    // In a pod nobody has to say how the cluster is reached.
    const expected = output.replace(/ *# Assumed: the one that was read with.*?\n *kubeconfig: .*?\n/s, '');
    expect(expected).not.toBe(output);
    expect(said).toContain(expected.trimEnd());
    expect(said).not.toContain('Beware:');
    const refused = await saidInPod('init-without-rights', WORKER, command);
    expect(refused.replace(/\s+/g, ' ')).toContain(
      `does not let us list deployments.apps of ${namespace}. Let a Role allow this verb`,
    );
  });

  it('names a second Rekor of the same tree, and what calls the log past the gate (H11)', async () => {
    const args = ['serve', `--trillian_log_server.tlog_id=${log.firstTree}`];
    const labels = { app: 'second' };
    const container = { ...rekorContainer(args), volumeMounts: [] };
    await api.apply([
      workload('StatefulSet', { namespace, name: 'second' }, { labels, container }, 0),
      cronJob(namespace, 'backfill', {
        ...{ name: 'backfill', image: 'none', args: ['--rekor=http://rekor-server'] },
      }),
    ]);
    const { words } = await init();
    expect(words).toContain('StatefulSet second runs Rekor on the same tree and may write to it');
    expect(words).toContain('CronJob backfill calls Service rekor-server past the gate.');
    expect(words).not.toContain('more than one log');
  });
});
