import type { Manifest } from '../../../lab/kubernetes/api';

/** Logs as each way to install one leaves them in a cluster, as raw objects. */

/** A password that stands in every place where a real one would. */
export const PASSWORD = 'hunter2-Zaphod';
export const TREE = '3904496407287907110';
export const OTHER_TREE = '1949066653115536561';

type Labels = Readonly<Record<string, string>>;

interface Template {
  readonly labels: Labels;
  readonly container: object;
  readonly volumes?: readonly object[];
}

const podOf = ({ labels, container, volumes = [] }: Template) => ({
  metadata: { labels },
  spec: { containers: [container], volumes },
});

export function workload(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  metadata: Manifest['metadata'] & { readonly ownerReferences?: readonly object[] },
  template: Template,
  replicas = 1,
): Manifest {
  const selector = { matchLabels: template.labels };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, selector, template: podOf(template) } };
}

export function cronJob(namespace: string, name: string, container: object): Manifest {
  const { spec, ...template } = podOf({ labels: { app: name }, container });
  const pod = { ...spec, restartPolicy: 'Never' };
  return {
    ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace, name } },
    spec: { schedule: '0 0 29 2 *', jobTemplate: { spec: { template: { ...template, spec: pod } } } },
  };
}

export function configMap(namespace: string, name: string, data: Labels): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
}

export function service(
  namespace: string,
  name: string,
  selector: Labels,
  ports: Readonly<Record<number, number | string>>,
  more: { readonly spec?: object; readonly status?: object } = {},
): Manifest {
  const list = Object.entries(ports).map(([port, targetPort]) => ({ port: Number(port), targetPort }));
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name } },
    spec: { selector, ports: list, ...more.spec },
    ...(more.status && { status: more.status }),
  };
}

export function ingress(namespace: string, host: string, backend: string, tls: readonly object[]): Manifest {
  const paths = [
    { path: '/', pathType: 'Prefix', backend: { service: { name: backend, port: { number: 80 } } } },
  ];
  return {
    ...{
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { namespace, name: `${backend}-in` },
    },
    spec: { rules: [{ host, http: { paths } }], tls },
  };
}

const shardingVolume = (name: string) => ({ name, configMap: { name } });

const rekorLabels = { app: 'rekor-server' };

/** Arguments of Rekor with its tree in them. */
export const rekorArgs = (tree: string, ...more: readonly string[]): readonly string[] => [
  'serve',
  '--trillian_log_server.address=trillian-server',
  '--trillian_log_server.port=8090',
  '--rekor_server.address=0.0.0.0',
  `--trillian_log_server.tlog_id=${tree}`,
  '--rekor_server.signer=$(KMS)',
  '--trillian_log_server.sharding_config=/sharding/sharding-config.yaml',
  ...more,
];

export const rekorContainer = (args: readonly string[]) => ({
  ...{ name: 'rekor-server', image: 'gcr.io/projectsigstore/rekor-server:v1.5.4', args },
  env: [{ name: 'KMS', valueFrom: { configMapKeyRef: { name: 'rekor-config', key: 'kms' } } }],
  ports: [{ containerPort: 3_000 }, { containerPort: 2_112 }],
  volumeMounts: [{ name: 'sharding-config', mountPath: '/sharding' }],
});

/** A workload of Rekor's with its tree in its arguments. */
export const rekor = (
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  name: string,
  labels: Labels,
  args: readonly string[],
): Manifest =>
  workload(
    kind,
    { namespace: 'rekor-system', name, labels },
    { labels, container: rekorContainer(args), volumes: [shardingVolume('sharding-config')] },
    3,
  );

/** Rekor's own manifest, with a Trillian in the same namespace that is none of it, on MySQL. */
export function upstream(): readonly Manifest[] {
  const namespace = 'rekor-system';
  const trillian = (name: string, port: number, more: readonly string[]): readonly Manifest[] => [
    workload(
      'Deployment',
      { namespace, name },
      {
        labels: { app: name },
        container: {
          ...{ name, image: `trillian/${name.endsWith('signer') ? 'log_signer' : 'log_server'}` },
          args: [
            '--storage_system=mysql',
            `--mysql_uri=trillian:$(MYSQL_PASSWORD)@tcp(mysql:3307)/trillian_prod`,
            '--rpc_endpoint=0.0.0.0:8090',
            `--http_endpoint=0.0.0.0:${port}`,
            ...more,
          ],
          env: [{ name: 'MYSQL_PASSWORD', value: PASSWORD }],
          ports: [
            { name: 'grpc', containerPort: 8_090 },
            { name: 'http', containerPort: port },
          ],
        },
      },
    ),
    service(namespace, name, { app: name }, { 8090: 'grpc', 80: 'http' }),
  ];
  return [
    configMap(namespace, 'rekor-config', { kms: 'awskms:///alias/rekor' }),
    configMap(namespace, 'sharding-config', { 'sharding-config.yaml': '' }),
    rekor('Deployment', 'rekor-server', rekorLabels, rekorArgs(TREE)),
    service(
      namespace,
      'rekor-server',
      rekorLabels,
      { 80: 3_000 },
      {
        spec: { type: 'LoadBalancer' },
        status: { loadBalancer: { ingress: [{ ip: '198.18.0.7' }] } },
      },
    ),
    ...trillian('trillian-server', 8_091, []),
    ...trillian('trillian-signer', 8_092, ['--sequencer_interval=250ms', '--force_master=true']),
    service(namespace, 'mysql', { app: 'mysql' }, { 3307: 3_306 }),
  ];
}

const helmLabels = (chart: string): Labels => ({
  'app.kubernetes.io/component': 'server',
  'app.kubernetes.io/name': chart,
  'app.kubernetes.io/instance': 'rekor',
  'helm.sh/chart': `${chart}-1.8.4`,
  'app.kubernetes.io/managed-by': 'Helm',
});

/** Arguments of Rekor as Sigstore's chart has them: the tree is a variable. */
const chartArgs: readonly string[] = [
  'serve',
  '--trillian_log_server.address=trillian-logserver.trillian-system',
  '--trillian_log_server.port=8091',
  '--trillian_log_server.sharding_config=/sharding/sharding-config.yaml',
  '--rekor_server.address=0.0.0.0',
  '--rekor_server.hostname=rekor.example.com',
  '--rekor_server.signer=/key/private',
  '--enable_retrieve_api=true',
  '--trillian_log_server.tlog_id=$(TREE_ID)',
];

export const chartContainer = {
  ...{ name: 'rekor-server', image: 'ghcr.io/sigstore/rekor/rekor-server@sha256:00', args: chartArgs },
  env: [{ name: 'TREE_ID', valueFrom: { configMapKeyRef: { name: 'rekor-config', key: 'treeID' } } }],
  ports: [{ containerPort: 3_000 }, { containerPort: 2_112 }],
  volumeMounts: [{ name: 'rekor-sharding-config', mountPath: '/sharding' }],
};

/** Sigstore's charts of Rekor and Trillian, whose database is told by a Secret; and the write gate, to which an Ingress leads. */
export function helmChart(): readonly Manifest[] {
  const namespace = 'rekor';
  const labels = helmLabels('rekor');
  const secret = (name: string, key: string) => ({
    ...{ name, valueFrom: { secretKeyRef: { name: 'trillian-mysql', key } } },
  });
  const trillian = (name: string, more: readonly string[]): readonly Manifest[] => [
    workload(
      'Deployment',
      { namespace: 'trillian-system', name },
      {
        labels: { app: name },
        container: {
          ...{ name, image: 'ghcr.io/sigstore/scaffolding/trillian@sha256:00' },
          args: [
            '--storage_system=mysql',
            '--mysql_uri=$(MYSQL_USER):$(MYSQL_PASSWORD)@tcp($(MYSQL_HOSTNAME):$(MYSQL_PORT))/$(MYSQL_DATABASE)',
            '--rpc_endpoint=0.0.0.0:8091',
            '--http_endpoint=0.0.0.0:8090',
            ...more,
          ],
          env: [
            secret('MYSQL_USER', 'user'),
            secret('MYSQL_PASSWORD', 'password'),
            secret('MYSQL_HOSTNAME', 'host'),
            { name: 'MYSQL_PORT', value: '3306' },
            secret('MYSQL_DATABASE', 'database'),
          ],
          ports: [{ containerPort: 8_090 }, { containerPort: 8_091 }],
        },
      },
    ),
    service('trillian-system', name, { app: name }, { 8090: 8_090, 8091: 8_091 }),
  ];
  return [
    configMap(namespace, 'rekor-config', { __placeholder: 'keep', treeID: TREE }),
    configMap(namespace, 'rekor-sharding-config', { 'sharding-config.yaml': '' }),
    workload(
      'Deployment',
      { namespace, name: 'rekor-server', labels },
      { labels, container: chartContainer, volumes: [shardingVolume('rekor-sharding-config')] },
    ),
    service(namespace, 'rekor-server', labels, { 80: 3_000, 2112: 2_112 }),
    ...trillian('trillian-logserver', []),
    ...trillian('trillian-logsigner', ['--force_master=true']),
    ...gate(namespace),
    ingress(namespace, 'rekor.example.com', 'rekor-gate', [{ hosts: ['rekor.example.com'] }]),
  ];
}

/** The write gate of the log `production`, with its configuration in a ConfigMap. */
export function gate(namespace: string): readonly Manifest[] {
  const labels = { app: 'rekor-gate' };
  const configuration = {
    logs: {
      production: {
        gate: {
          ...{ listen: '0.0.0.0:3000', admin: '0.0.0.0:3100', stateFile: '/state/gate.json' },
          token: { file: '/secrets/gate-token' },
        },
      },
    },
  };
  return [
    configMap(namespace, 'rekor-rotate', { 'config.yaml': JSON.stringify(configuration) }),
    workload(
      'Deployment',
      { namespace, name: 'rekor-gate' },
      {
        labels,
        container: {
          ...{ name: 'gate', image: 'registry.example.com/rotation:7' },
          args: [
            ...['gate', '--config', '/etc/rotation/config.yaml', '--log=production'],
            ...['--first-instance', 'http://rekor-server.rekor.svc'],
          ],
          ports: [
            { name: 'clients', containerPort: 3_000 },
            { name: 'admin', containerPort: 3_100 },
          ],
          volumeMounts: [{ name: 'configuration', mountPath: '/etc/rotation' }],
        },
        volumes: [{ name: 'configuration', configMap: { name: 'rekor-rotate' } }],
      },
    ),
    service(namespace, 'rekor-gate', labels, { 80: 'clients' }),
    service(namespace, 'rekor-gate-admin', labels, { 3100: 'admin' }),
  ];
}

/** As our own chart makes the gate of a log, in a namespace of its own (deploy/helm), and the binding beside Rekor. */
export function release(
  name: string,
  log: string,
  { namespace, rekor: ofRekor }: { readonly namespace: string; readonly rekor: string },
): readonly Manifest[] {
  const labels = {
    ...{ 'app.kubernetes.io/name': 'rekor-rotate', 'app.kubernetes.io/instance': name },
    'app.kubernetes.io/component': 'gate',
  };
  const folder = '/var/lib/rekor-rotate';
  const gateSection = {
    ...{ listen: '0.0.0.0:3000', admin: '0.0.0.0:3200', stateFile: `${folder}/gate.json` },
    ...{ spoolDirectory: `${folder}/spool`, token: { file: '/etc/rekor-rotate-secrets/gate-token' } },
  };
  const file = '/etc/rekor-rotate/rekor-rotate.yaml';
  return [
    {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
      metadata: {
        ...{ namespace: ofRekor, name: `${name}-worker` },
        labels: { ...labels, 'app.kubernetes.io/component': 'worker' },
      },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `${name}-worker` },
      subjects: [{ kind: 'ServiceAccount', name: `${name}-worker`, namespace }],
    },
    configMap(namespace, `${name}-configuration`, {
      'rekor-rotate.yaml': JSON.stringify({ logs: { [log]: { gate: gateSection } } }),
    }),
    workload(
      'StatefulSet',
      { namespace, name: `${name}-gate` },
      {
        labels,
        container: {
          ...{ name: 'gate', image: 'registry.example.com/rekor-rotate:9' },
          args: [
            ...['gate', '--config', file, '--log', log],
            ...['--first-instance', `http://rekor-server.${ofRekor}.svc`],
          ],
          ports: [
            { name: 'traffic', containerPort: 3_000 },
            { name: 'admin', containerPort: 3_200 },
          ],
          volumeMounts: [{ name: 'configuration', mountPath: '/etc/rekor-rotate' }],
        },
        volumes: [{ name: 'configuration', configMap: { name: `${name}-configuration` } }],
      },
    ),
    service(namespace, `${name}-gate`, labels, { 80: 'traffic' }),
    service(namespace, `${name}-gate-admin`, labels, { 3200: 'admin' }),
  ];
}

/** What Red Hat's operator makes of a resource. */
export function operator(): readonly Manifest[] {
  const namespace = 'rhtas';
  const labels = {
    'app.kubernetes.io/name': 'rekor-server',
    'app.kubernetes.io/instance': 'securesign-sample',
    'app.kubernetes.io/component': 'rekor-server',
    'app.kubernetes.io/part-of': 'trusted-artifact-signer',
    'app.kubernetes.io/managed-by': 'controller-manager',
  };
  const owner = {
    ...{ apiVersion: 'rhtas.redhat.com/v1', kind: 'Rekor', name: 'securesign-sample', uid: 'u' },
    controller: true,
  };
  const args = [
    ...['serve', '--trillian_log_server.address', 'dns:///trillian-logserver.rhtas.svc'],
    ...['--trillian_log_server.port', '8091', '--trillian_log_server.tlog_id', TREE],
    ...['--trillian_log_server.sharding_config', '/sharding/sharding-config.yaml'],
  ];
  return [
    workload(
      'Deployment',
      { namespace, name: 'rekor-server', labels, ownerReferences: [owner] },
      { labels, container: { name: 'rekor-server', image: 'rekor', args } },
    ),
    service(namespace, 'rekor-server', labels, { 80: 3_000 }),
  ];
}

/** What Knative makes of its Service `rekor`, as scaffolding up to v0.7.33 installed one. */
export function knative(): readonly Manifest[] {
  const namespace = 'rekor-system';
  const labels = { app: 'rekor-00001', 'serving.knative.dev/service': 'rekor' };
  const revision = {
    ...{ apiVersion: 'serving.knative.dev/v1', kind: 'Revision', name: 'rekor-00001', uid: 'u' },
    controller: true,
  };
  return [
    configMap(namespace, 'rekor-config', { treeID: TREE }),
    workload(
      'Deployment',
      { namespace, name: 'rekor-00001-deployment', labels, ownerReferences: [revision] },
      { labels, container: { ...chartContainer, name: 'rekor' } },
    ),
  ];
}
