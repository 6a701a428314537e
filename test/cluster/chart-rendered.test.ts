import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { LAUNCHER_PORT, labelsOf } from '../../activities/installation/kubernetes/next-objects';
import type { InsertedServices } from '../../activities/installation/kubernetes/names';
import { readWorkload } from '../../activities/installation/kubernetes/rekor-workload';
import { neededRights, rulesOf } from '../../activities/installation/kubernetes/rights';
import { Helm, helmReleases } from '../../harness/helm';
import { labLog } from '../../lab/configuration';
import type { Manifest } from '../../lab/kubernetes/api';
import { helmChart } from '../../lab/kubernetes/log/helm-chart';
import { OPERATOR } from '../../lab/kubernetes/log/operator/names';
import { operator } from '../../lab/kubernetes/log/operator/operator';
import type { LogShape } from '../../lab/kubernetes/log/shape';
import { shapeNames, shapes } from '../../lab/kubernetes/log/shapes';
import { upstream } from '../../lab/kubernetes/log/upstream';
import { pinnedVersions } from '../../tools/cache';
import { helmTools } from '../../tools/pinned';
import { kubernetesText } from '../config/example';
import { blocksOf } from '../docs/markdown';
import { filledIn } from '../init/filled-in';
import { initOf, plantedCluster, uproot } from '../init/kubernetes/planted-cluster';
import { upstream as upstreamAsInstalled } from '../init/kubernetes/shapes';
import { CHART, chartConfiguration, chartValues, NAMESPACE, RELEASE, severalGates } from './chart';

type Values = Readonly<Record<string, unknown>>;

const edited = (from: string, to: string) => (text: string) => text.replace(from, to);

const read = (name: string): string => readFileSync(join(CHART, name), 'utf8');
const valuesOf = {
  upstream: chartValues(upstream, { list: { name: 'sharding-config' } }),
  'helm-chart': chartValues(helmChart, {
    list: { name: 'rekor-sharding-config' },
    tree: { configMap: 'rekor-config' },
  }),
  operator: chartValues(operator, { operator: { securesign: OPERATOR.resource, rekor: OPERATOR.resource } }),
};

describe.each(helmReleases)('the chart, as Helm %s takes it,', (release) => {
  let helm: Helm;
  let folder: string;

  beforeAll(async () => {
    helm = await Helm.open(release);
    folder = mkdtempSync(join(tmpdir(), 'chart-'));
  });
  afterAll(() => {
    helm.close();
    rmSync(folder, { recursive: true });
  });

  /** The words after `helm` that render it with these values, each of which wins over those before it. */
  function rendering(text: string | null, ...values: readonly Values[]): readonly string[] {
    const files = values.map((one, position) => {
      const file = join(folder, `${position}.yaml`);
      writeFileSync(file, JSON.stringify(one));
      return file;
    });
    const configuration = join(folder, 'rekor-rotate.yaml');
    writeFileSync(configuration, text ?? '');
    return [
      ...['template', RELEASE, CHART, '--namespace', NAMESPACE],
      ...files.flatMap((file) => ['--values', file]),
      ...(text === null ? [] : ['--set-file', `configuration.text=${configuration}`]),
    ];
  }

  async function objects(text: string | null, ...values: readonly Values[]): Promise<readonly Manifest[]> {
    const rendered = await helm.done(...rendering(text, ...values));
    return parseAllDocuments(rendered).map((document) => document.toJS() as Manifest);
  }

  const named = (all: readonly Manifest[], kind: string, name: string): KubernetesObject => {
    const found = all.find((one) => one.kind === kind && one.metadata.name === name);
    if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
    return found as unknown as KubernetesObject;
  };

  it('is of the version that is pinned', async () => {
    expect(await helm.done('version', '--short')).toContain(pinnedVersions(helmTools[release]).module);
  });

  it('has nothing that Helm warns of, and the version of this package', async () => {
    const said = await helm.done('lint', CHART, '--strict', '--quiet');
    expect(said).not.toMatch(/WARNING|ERROR/);
    const { version } = JSON.parse(read('../../../package.json')) as { readonly version: string };
    expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });

  it.each(shapeNames)('gives the worker exactly the rights that a rotation of %s needs', async (name) => {
    const shape = shapes[name];
    const all = await objects(chartConfiguration(shape), valuesOf[name]);
    const role = named(all, 'Role', `${RELEASE}-worker`) as KubernetesObject & { readonly rules: object[] };
    expect(role.metadata.namespace).toBe(shape.rekor.namespace);
    expect(sorted(role.rules)).toEqual(sorted(neededRules(shape)));
  });

  it('does so too where a person writes the Rekor of the operator', async () => {
    const alone = { rekor: { operator: { securesign: '' } } };
    const all = await objects(chartConfiguration(operator), valuesOf.operator, alone);
    const role = named(all, 'Role', `${RELEASE}-worker`) as KubernetesObject & { readonly rules: object[] };
    const manifests = operator.rekorManifests.bind(operator);
    const withoutSecuresign: LogShape = {
      ...operator,
      rekorManifests: (settings) => manifests(settings).filter(({ kind }) => kind !== 'Securesign'),
    };
    expect(sorted(role.rules)).toEqual(sorted(neededRules(withoutSecuresign)));
  });

  it('makes no gate for a log without one, and lets its worker change the Service of Rekor', async () => {
    const text = withoutGate(chartConfiguration(upstream));
    const all = await objects(text, valuesOf.upstream, { gate: { enabled: false } });
    const gates = all.filter(({ metadata }) => metadata.name.startsWith(`${RELEASE}-gate`));
    expect(gates).toEqual([]);
    const role = named(all, 'Role', `${RELEASE}-worker`) as KubernetesObject & { readonly rules: object[] };
    expect(sorted(role.rules)).toEqual(sorted(neededRules(upstream, true)));
    const next = named(all, 'NetworkPolicy', `${RELEASE}-worker-next`) as unknown as NetworkPolicy;
    expect(next.spec.ingress).toEqual([
      { ports: [{ port: LAUNCHER_PORT }, { port: 3_000 }], from: [peer('worker')] },
      { ports: [{ port: 3_000 }] },
      { ports: [{ port: 2_112 }] },
    ]);
  });

  describe('for a gate that is inserted for a rotation', () => {
    const insertedAt = { gate: { insertedAt: 'rekor-server' }, rekor: { service: 'rekor-direct' } };
    const inRekors = ['--namespace', upstream.rekor.namespace];
    const text = insertedGate(chartConfiguration(upstream));

    it('lets its worker lead the Service of clients to it, and keeps nobody from Rekor', async () => {
      const podLabels = { rekor: { podLabels: { app: 'rekor-server' } } };
      const rendered = await helm.done(
        ...rendering(text, valuesOf.upstream, insertedAt, podLabels),
        ...inRekors,
      );
      const all = parseAllDocuments(rendered).map((document) => document.toJS() as Manifest);
      const role = named(all, 'Role', `${RELEASE}-worker`) as KubernetesObject & { readonly rules: object[] };
      const direct = { ...upstream, rekor: { ...upstream.rekor, service: 'rekor-direct' } };
      const inserted = { at: 'rekor-server', gateService: `${RELEASE}-gate` };
      expect(sorted(role.rules)).toEqual(sorted(neededRules(direct, false, inserted)));
      expect(all.filter(({ metadata }) => metadata.name.endsWith('-standing'))).toEqual([]);
      expect(JSON.stringify(named(all, 'StatefulSet', `${RELEASE}-gate`))).toContain(
        'http://rekor-direct.rekor-system.svc',
      );
    });

    it.each<[string, string, Values, readonly string[], string]>([
      ['in another namespace', text, insertedAt, [], 'install the release in that of Rekor, rekor-system.'],
      [
        'of which the configuration does not know',
        edited('insertedAt: rekor-server', 'insertedAt: other')(text),
        insertedAt,
        inRekors,
        'gate.insertedAt in configuration.text is other, and gate.insertedAt is rekor-server.',
      ],
      [
        'by another Service of its own',
        edited(`service: ${RELEASE}-gate`, 'service: other')(text),
        insertedAt,
        inRekors,
        `gate.service in configuration.text is other; the Service of this gate is ${RELEASE}-gate.`,
      ],
      [
        'that there is not',
        text,
        { gate: { insertedAt: 'rekor-server', enabled: false }, rekor: { service: 'rekor-direct' } },
        inRekors,
        'there is no gate to insert',
      ],
    ])('refuses in words one %s', async (_, configuration, values, more, words) => {
      const messages = await helm.refused(...rendering(configuration, valuesOf.upstream, values), ...more);
      expect(messages).toContain(words);
    });
  });

  it.each<[string, string, Values]>([
    ['given, and none is wanted', chartConfiguration(upstream), { gate: { enabled: false } }],
    ['absent, and one is wanted', withoutGate(chartConfiguration(upstream)), {}],
  ])('refuses in words a configuration whose gate is %s', async (_, text, values) => {
    const messages = await helm.refused(...rendering(text, valuesOf.upstream, values));
    expect(messages).toContain('Let both have a gate, or neither.');
  });

  it('does so too where the list is a Secret', async () => {
    const listed = { rekor: { list: { kind: 'Secret', name: 'sharding-config' } } };
    const all = await objects(chartConfiguration(upstream), valuesOf.upstream, listed);
    const role = named(all, 'Role', `${RELEASE}-worker`) as KubernetesObject & { readonly rules: object[] };
    expect(sorted(role.rules)).toEqual(sorted(neededRules(withListInSecret(upstream))));
  });

  it('gives the gate no account and no secret but its token', async () => {
    const all = await objects(chartConfiguration(upstream), valuesOf.upstream);
    const gate = JSON.stringify(named(all, 'StatefulSet', `${RELEASE}-gate`));
    expect(gate).toContain('"automountServiceAccountToken":false');
    expect(gate).not.toContain('serviceAccountName');
    expect(gate).toContain('"path":"gate-token"');
    expect(gate).not.toContain('database-password');
    expect(JSON.stringify(named(all, 'Deployment', `${RELEASE}-worker`))).toContain('database-password');
  });

  it('gives the worker memory of its pod, for what it has begun: the next container is told it', async () => {
    const all = await objects(chartConfiguration(upstream), valuesOf.upstream);
    expect(named(all, 'Deployment', `${RELEASE}-worker`)['spec']).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              env: expect.arrayContaining([
                { name: 'RUNTIME_DIRECTORY', value: '/run/rekor-rotate' },
              ]) as unknown,
              volumeMounts: expect.arrayContaining([
                { name: 'runtime', mountPath: '/run/rekor-rotate' },
              ]) as unknown,
            },
          ],
          volumes: expect.arrayContaining([
            { name: 'runtime', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
          ]) as unknown,
        },
      },
    });
  });

  it('lets the worker alone reach launchers and the orders of the gate', async () => {
    const all = await objects(chartConfiguration(upstream), valuesOf.upstream);
    const ofWorker = { 'app.kubernetes.io/component': 'worker' };
    const selected = named(all, 'Deployment', `${RELEASE}-worker`)['spec'] as Values;
    expect(selected).toMatchObject({ template: { metadata: { labels: ofWorker } } });

    const { spec: orders } = named(all, 'NetworkPolicy', `${RELEASE}-gate`) as unknown as NetworkPolicy;
    const whoSends = orders.ingress.filter(({ ports }) => ports.some(({ port }) => port === 'admin'));
    expect(whoSends).toEqual([{ ports: [{ port: 'admin' }], from: [peer('worker')] }]);

    const next = named(all, 'NetworkPolicy', `${RELEASE}-worker-next`) as unknown as NetworkPolicy;
    expect(next.metadata.namespace).toBe(upstream.rekor.namespace);
    expect(labelsOf('rotation/1')).toMatchObject(next.spec.podSelector.matchLabels);
    expect(next.spec.ingress).toEqual([
      { ports: [{ port: LAUNCHER_PORT }, { port: 3_000 }], from: [peer('worker')] },
      { ports: [{ port: 3_000 }], from: [peer('gate')] },
    ]);
  });

  describe('with several gates', () => {
    const two = { gate: { replicas: 2 } };
    const text = severalGates(chartConfiguration(upstream), 2);
    const kindOf = (all: readonly Manifest[], kind: string, name = `${RELEASE}-gate`): Values =>
      named(all, kind, name)['spec'] as Values;

    it('starts all at once, names each of them, and lets them ask each other', async () => {
      const all = await objects(text, valuesOf.upstream, two);
      expect(kindOf(all, 'StatefulSet')).toMatchObject({
        ...{ replicas: 2, podManagementPolicy: 'Parallel', serviceName: `${RELEASE}-gate-members` },
        template: {
          spec: {
            containers: [
              {
                readinessProbe: { httpGet: { path: '/readyz' } },
                lifecycle: { preStop: { exec: { command: ['node', '-e', 'setTimeout(() => {}, 5000)'] } } },
              },
            ],
          },
        },
      });
      expect(kindOf(all, 'Service', `${RELEASE}-gate-members`)).toMatchObject({
        clusterIP: 'None',
        publishNotReadyAddresses: true,
      });
      expect(kindOf(all, 'PodDisruptionBudget')).toMatchObject({ maxUnavailable: 1 });
      const { ingress } = kindOf(all, 'NetworkPolicy') as unknown as NetworkPolicy['spec'];
      const whoAsks = ingress.filter(({ ports }) => ports.some(({ port }) => port === 'admin'));
      expect(whoAsks).toEqual([{ ports: [{ port: 'admin' }], from: [peer('worker'), peer('gate')] }]);
    });

    it('has one by default, which no drain moves, and which is ready without its volume', async () => {
      const all = await objects(chartConfiguration(upstream), valuesOf.upstream);
      expect(kindOf(all, 'StatefulSet')).toMatchObject({
        replicas: 1,
        template: {
          spec: { containers: [{ readinessProbe: { httpGet: { path: '/readyz?exclude=state' } } }] },
        },
      });
      const { containers } = (kindOf(all, 'StatefulSet') as { template: { spec: { containers: object[] } } })
        .template.spec;
      expect(containers[0]).not.toHaveProperty('lifecycle');
      expect(kindOf(all, 'PodDisruptionBudget')).toMatchObject({ maxUnavailable: 0 });
      expect(all.map(({ metadata }) => metadata.name)).not.toContain(`${RELEASE}-gate-members`);
    });

    it.each<[string, string, Values, string]>([
      ['more gates than members', text, { gate: { replicas: 3 } }, 'these 3 gates are ['],
      ['members of one gate', text, {}, 'and gate.replicas is 1. Leave out the members'],
      ['no members', chartConfiguration(upstream), two, 'gate.members in configuration.text is []'],
      [
        'several that are inserted',
        text,
        { gate: { replicas: 2, insertedAt: 'rekor-server' } },
        'one gate alone is inserted for a rotation',
      ],
    ])('refuses %s', async (_, configuration, values, words) => {
      expect(await helm.refused(...rendering(configuration, valuesOf.upstream, values))).toContain(words);
    });
  });

  it('keeps others from the standing Rekor once it knows the labels of its pods', async () => {
    const podLabels = { app: 'rekor-server' };
    const all = await objects(chartConfiguration(upstream), valuesOf.upstream, { rekor: { podLabels } });
    const { spec } = named(all, 'NetworkPolicy', `${RELEASE}-worker-standing`) as unknown as NetworkPolicy;
    expect(spec.podSelector.matchLabels).toEqual(podLabels);
    expect(spec.ingress).toEqual([
      { ports: [{ port: 3_000 }], from: [peer('gate'), peer('worker')] },
      { ports: [{ port: 2_112 }] },
    ]);
  });

  it('starts no pod anew for a new version of the chart alone, and every pod for a new configuration', async () => {
    const templates = async (text: string) => {
      const all = await objects(text, valuesOf.upstream);
      return ['Deployment production-worker', 'StatefulSet production-gate'].map((one) => {
        const [kind = '', name = ''] = one.split(' ');
        return (named(all, kind, name)['spec'] as Values)['template'];
      });
    };
    const [worker, gate] = await templates(chartConfiguration(upstream));
    expect(JSON.stringify([worker, gate])).not.toMatch(/helm\.sh\/chart|app\.kubernetes\.io\/version/);
    const [otherWorker, otherGate] = await templates(`${chartConfiguration(upstream)}# a comment\n`);
    expect(otherWorker).not.toEqual(worker);
    expect(otherGate).not.toEqual(gate);
  });

  it.each<[string, Values, RegExp]>([
    ['a key that there is not', { gate: { pods: 2 } }, /gate.*pods/s],
    ['a word for a number', { worker: { replicas: 'two' } }, /worker.*replicas.*integer/s],
    ['no worker at all', { worker: { replicas: 0 } }, /worker.*replicas.*minimum/s],
    ['a port that there is not', { gate: { ports: { traffic: 70_000 } } }, /gate.*ports.*traffic.*maximum/s],
    ['another kind of list', { rekor: { list: { kind: 'File' } } }, /rekor.*list.*kind.*ConfigMap.*Secret/s],
    ['a secret instead of its place', { secrets: { shared: ['s3cret'] } }, /secrets.*shared.*object/s],
    ['a place without a key', { secrets: { worker: [{ secret: 'a', file: 'b' }] } }, /secrets.*worker.*key/s],
    ['a size without a unit', { gate: { persistence: { size: '2' } } }, /gate.*persistence.*size.*pattern/s],
    ['a Deployment whose copy has no name', { rekor: { deployment: 'r'.repeat(59) } }, /rekor.*deployment/s],
  ])('refuses by name %s', async (_, values, words) => {
    const messages = await helm.refused(
      ...rendering(chartConfiguration(upstream), valuesOf.upstream, values),
    );
    expect(messages).toMatch(words);
  });

  it.each<[string, Values, string]>([
    ['no log', { log: '' }, 'log is empty. Give it with --set log=...'],
    ['no list', { rekor: { list: { name: '' } } }, 'rekor.list.name is empty'],
    [
      'no Rekor of a Securesign',
      { rekor: { operator: { securesign: 'one' } } },
      'rekor.operator.rekor is empty',
    ],
    ['another log', { log: 'other' }, 'log is other, and configuration.text has the logs [lab]'],
    [
      'another Deployment',
      { rekor: { deployment: 'rekor' } },
      'installation.deployment in configuration.text is rekor-server, and rekor.deployment is rekor.',
    ],
    [
      'a port on which the gate does not listen',
      { gate: { ports: { traffic: 3_001 } } },
      'logs.lab.gate.listen in configuration.text is 0.0.0.0:3000; in a pod it must be 0.0.0.0:3001 or [::]:3001.',
    ],
    [
      'no file with the token',
      { secrets: { shared: [] } },
      'gate.token.file in configuration.text is /etc/rekor-rotate-secrets/gate-token, and secrets.shared makes the files [].',
    ],
    [
      'two places of the configuration',
      { configuration: { existingConfigMap: 'one' } },
      'configuration.text and configuration.existingConfigMap are both given',
    ],
  ])('refuses in words %s', async (_, values, words) => {
    const messages = await helm.refused(
      ...rendering(chartConfiguration(upstream), valuesOf.upstream, values),
    );
    expect(messages).toContain(words);
  });

  it.each<[string, (text: string) => string, string]>([
    ['no YAML', () => 'logs: [', 'configuration.text is no YAML'],
    [
      'the gate at another address',
      edited('-admin.rekor-rotate', '-admin.other'),
      'the worker reaches this gate',
    ],
    ['state where nothing may be written', edited('/var/lib/rekor-rotate/gate', '/gate'), 'gate.stateFile'],
    [
      'another kind of installation',
      edited('kind: kubernetes', 'kind: host'),
      'this chart is for kubernetes',
    ],
  ])('refuses a configuration with %s', async (_, edit, words) => {
    const text = edit(chartConfiguration(upstream));
    expect(await helm.refused(...rendering(text, valuesOf.upstream))).toContain(words);
  });

  it('takes the values and the configuration that its document shows', async () => {
    const [configuration = '', values = ''] = blocksOf('docs/helm.md')
      .filter(({ language }) => language === 'yaml')
      .map(({ text }) => text);
    const all = await objects(configuration, parse(values) as Values);
    expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
      expect.arrayContaining([
        'StatefulSet production-gate',
        'Service production-gate',
        'Deployment production-worker',
      ]),
    );
  });

  it('takes the example of a configuration for Kubernetes', async () => {
    const all = await objects(kubernetesText, valuesOf.upstream, { log: RELEASE });
    expect(named(all, 'StatefulSet', `${RELEASE}-gate`).metadata.name).toBe(`${RELEASE}-gate`);
  });

  it('takes what init writes of a log that has no gate yet, once its gaps are filled', async () => {
    const planted = await plantedCluster(upstreamAsInstalled());
    const { yaml } = await initOf(planted, { namespace: upstream.rekor.namespace });
    await uproot();
    const all = await objects(filledIn(yaml), valuesOf.upstream, { log: RELEASE });
    expect(named(all, 'StatefulSet', `${RELEASE}-gate`).metadata.name).toBe(`${RELEASE}-gate`);
  });

  it('takes a ConfigMap that is there, and says so when there is none', async () => {
    const own = { configuration: { existingConfigMap: 'ours', key: 'file' } };
    const all = await objects(null, valuesOf.upstream, own);
    expect(all.filter(({ kind }) => kind === 'ConfigMap')).toEqual([]);
    const mounted = { configMap: { name: 'ours', items: [{ key: 'file', path: 'rekor-rotate.yaml' }] } };
    expect(JSON.stringify(named(all, 'StatefulSet', `${RELEASE}-gate`))).toContain(
      JSON.stringify(mounted).slice(1, -1),
    );
    expect(await helm.refused(...rendering(null, valuesOf.upstream))).toContain(
      '--set-file configuration.text=',
    );
  });
});

it('has a default for every value of its schema, and no value beside them', () => {
  const defaults = parse(read('values.yaml')) as Values;
  const schema = JSON.parse(read('values.schema.json')) as Schema;
  const keysOf = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, one]) => [`${path}/${key}`, ...keysOf(one, `${path}/${key}`)])
      : [];
  const propertiesOf = ({ properties = {} }: Schema, path: string): string[] =>
    Object.entries(properties).flatMap(([key, one]) => [
      `${path}/${key}`,
      ...propertiesOf(one, `${path}/${key}`),
    ]);
  const known = propertiesOf(schema, '').filter((key) => key !== '/global');
  const given = keysOf(defaults, '').filter((key) => !/resources\//.test(key));
  expect(given.sort()).toEqual(known.sort());
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface NetworkPolicy {
  readonly metadata: { readonly namespace?: string };
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly ingress: readonly { readonly ports: readonly { readonly port: string | number }[] }[];
  };
}

const sorted = (rules: readonly object[]): readonly string[] =>
  rules.map((one) => JSON.stringify(one)).sort();

function peer(component: 'worker' | 'gate'): object {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'rekor-rotate',
        'app.kubernetes.io/instance': RELEASE,
        'app.kubernetes.io/component': component,
      },
    },
  };
}

function neededRules(shape: LogShape, withoutGate = false, inserted?: InsertedServices): readonly object[] {
  const manifests = shape.rekorManifests({ treeId: '1', signingKey: '', hostname: '', replicas: 1 });
  const found = (wanted: string) =>
    manifests.find(({ kind }) => kind === wanted) as unknown as KubernetesObject | undefined;
  const [deployment, rekor] = [found('Deployment'), found('Rekor')];
  if (deployment === undefined) throw new Error('The shape has no Deployment.');
  const resource = rekor && { owner: found('Securesign') ?? rekor, rekor };
  const workload = readWorkload(labLog, deployment);
  return rulesOf(
    neededRights({ log: labLog, ...shape.rekor }, { workload, resource, withoutGate, inserted }),
  );
}

/** The same configuration in the namespace of Rekor, for a gate that is inserted for a rotation. */
function insertedGate(text: string): string {
  const configuration = parse(text) as { logs: Record<string, { gate: object; installation: object }> };
  const { namespace } = upstream.rekor;
  for (const { gate, installation } of Object.values(configuration.logs)) {
    const adminAddress = `${RELEASE}-gate-admin.${namespace}.svc:3100`;
    Object.assign(gate, { adminAddress, insertedAt: 'rekor-server', service: `${RELEASE}-gate` });
    Object.assign(installation, { service: 'rekor-direct' });
  }
  return stringify(configuration);
}

/** The same configuration without the section for the gate. */
function withoutGate(text: string): string {
  const configuration = parse(text) as { logs: Record<string, { gate?: unknown }> };
  for (const log of Object.values(configuration.logs)) delete log.gate;
  return stringify(configuration);
}

/** The same, but that its list is mounted from a Secret of that name. */
function withListInSecret(shape: LogShape): LogShape {
  return {
    ...shape,
    rekorManifests: (settings) =>
      JSON.parse(
        JSON.stringify(shape.rekorManifests(settings)).replace(
          '"configMap":{"name":"sharding-config"}',
          '"secret":{"secretName":"sharding-config"}',
        ),
      ) as readonly Manifest[],
  };
}
