import { listEdit, restartEdit } from './by-hand';
import { REKOR_IMAGE } from './images';
import { SIGNING_KEY, SIGNING_KEY_FILE, signingKeySecret, type LogShape } from './shape';

const release = 'rekor';
const namespace = 'rekor-system';
const name = 'rekor-server';
const configuration = 'rekor-config';
const sharding = 'rekor-sharding-config';
const trillian = {
  ...{ namespace: 'trillian-system', logServer: 'trillian-logserver', signer: 'trillian-logsigner' },
  ...{ database: 'trillian-database', calls: 8_091, metrics: 8_090 },
} as const;

const selector = {
  'app.kubernetes.io/component': 'server',
  'app.kubernetes.io/name': 'rekor',
  'app.kubernetes.io/instance': release,
};
const labels = { ...selector, 'helm.sh/chart': 'rekor-1.8.4', 'app.kubernetes.io/managed-by': 'Helm' };

/**
 * As `helm template` renders version 1.8.4 of Sigstore's chart `rekor` (sigstore/helm-charts: charts/rekor) and what applies
 * it without Helm, such as Argo CD, leaves in a cluster: Helm's labels without its annotations, and no Secret of a release.
 * The active tree is a key of a ConfigMap, which an environment variable takes over. Without the chart's parts that take no
 * part in a rotation: Redis, the Ingress, the job that makes the first tree, and the init container that waits for Trillian.
 */
export const helmChart: LogShape = {
  trillian,
  rekor: { namespace, deployment: name, service: name },

  byHand: (shards) => [
    listEdit({ namespace, name: sharding }, shards),
    {
      object: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: configuration },
      operations: () => [{ op: 'replace', path: '/data/treeID', value: shards.active }],
    },
    restartEdit({ namespace, name }, new Date()),
  ],

  rekorManifests({ treeId, signingKey, hostname, replicas }) {
    const probe = (initialDelaySeconds: number) => ({
      ...{ httpGet: { path: '/ping', port: 3_000 }, initialDelaySeconds },
      ...{ periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 },
    });
    return [
      signingKeySecret(namespace, signingKey),
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: configuration, labels } },
        data: { __placeholder: PLACEHOLDER, treeID: treeId },
      },
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: sharding, labels } },
        data: { 'sharding-config.yaml': '' },
      },
      {
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name, labels } },
        spec: {
          replicas,
          selector: { matchLabels: selector },
          template: {
            metadata: {
              labels,
              annotations: {
                'checksum/config': 'of-the-rendered-file',
                'checksum/sharding_config': 'of-the-rendered-file',
                'prometheus.io/scrape': 'true',
                'prometheus.io/path': '/metrics',
                'prometheus.io/port': '2112',
              },
            },
            spec: {
              containers: [
                {
                  name: 'rekor-server',
                  image: REKOR_IMAGE,
                  imagePullPolicy: 'Never',
                  env: [
                    {
                      name: 'TREE_ID',
                      valueFrom: { configMapKeyRef: { name: configuration, key: 'treeID' } },
                    },
                  ],
                  args: [
                    'serve',
                    `--trillian_log_server.address=${trillian.logServer}.${trillian.namespace}`,
                    `--trillian_log_server.port=${trillian.calls}`,
                    '--trillian_log_server.sharding_config=/sharding/sharding-config.yaml',
                    '--rekor_server.address=0.0.0.0',
                    `--rekor_server.hostname=${hostname}`,
                    `--rekor_server.signer=${SIGNING_KEY_FILE}`,
                    '--enable_retrieve_api=false',
                    '--trillian_log_server.tlog_id=$(TREE_ID)',
                  ],
                  ports: [
                    { containerPort: 3_000, protocol: 'TCP' },
                    { containerPort: 2_112, protocol: 'TCP' },
                  ],
                  livenessProbe: probe(30),
                  readinessProbe: probe(10),
                  volumeMounts: [
                    { name: sharding, mountPath: '/sharding' },
                    { name: 'rekor-key-volume', mountPath: '/key', readOnly: true },
                  ],
                },
              ],
              volumes: [
                { name: sharding, configMap: { name: sharding } },
                {
                  name: 'rekor-key-volume',
                  secret: { secretName: SIGNING_KEY, items: [{ key: 'private', path: 'private' }] },
                },
              ],
            },
          },
        },
      },
      {
        ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name, labels } },
        spec: {
          type: 'ClusterIP',
          selector,
          ports: [
            { name: '3000-tcp', port: 80, targetPort: 3_000, protocol: 'TCP' },
            { name: '2112-tcp', port: 2_112, targetPort: 2_112, protocol: 'TCP' },
          ],
        },
      },
    ];
  },
};

/** The chart keeps its ConfigMap from being empty by this. */
const PLACEHOLDER = 'keep';
