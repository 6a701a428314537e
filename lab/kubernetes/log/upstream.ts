import { listEdit, treeArgumentEdit } from './by-hand';
import { REKOR_IMAGE } from './images';
import { SIGNING_KEY, SIGNING_KEY_FILE, signingKeySecret, type LogShape } from './shape';

const namespace = 'rekor-system';
const name = 'rekor-server';
const trillian = {
  ...{ namespace, logServer: 'trillian-server', signer: 'trillian-signer', database: 'trillian-database' },
  ...{ calls: 8_090, metrics: 8_091 },
} as const;

/**
 * As Rekor's own manifest has it (rekor: config/rekor.yaml): the active tree is an argument, the earlier shards are a
 * ConfigMap, and there are no probes. Not in it, and so the lab's own: Trillian, `rekor-config`, the host name, and a key in a
 * file, where the manifest expects a key management service.
 */
export const upstream: LogShape = {
  trillian,
  rekor: { namespace, deployment: name, service: name },

  byHand: (shards) => [
    listEdit({ namespace, name: 'sharding-config' }, shards),
    treeArgumentEdit({ namespace, name }, shards),
  ],

  rekorManifests({ treeId, signingKey, hostname, replicas }) {
    const labels = { app: name };
    const fromConfig = (variable: string, key: string): unknown => ({
      name: variable,
      valueFrom: { configMapKeyRef: { name: 'rekor-config', key } },
    });
    return [
      signingKeySecret(namespace, signingKey),
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'rekor-config' } },
        data: { kms: SIGNING_KEY_FILE, enable_attestation_storage: 'false', attestation_bucket: '' },
      },
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'sharding-config' } },
        data: { 'sharding-config.yaml': '' },
      },
      {
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name, labels } },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: {
            metadata: {
              labels,
              annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '2112' },
            },
            spec: {
              containers: [
                {
                  name,
                  image: REKOR_IMAGE,
                  imagePullPolicy: 'Never',
                  args: [
                    'serve',
                    `--trillian_log_server.address=${trillian.logServer}`,
                    `--trillian_log_server.port=${trillian.calls}`,
                    '--rekor_server.address=0.0.0.0',
                    `--rekor_server.hostname=${hostname}`,
                    `--trillian_log_server.tlog_id=${treeId}`,
                    '--trillian_log_server.sharding_config=/sharding/sharding-config.yaml',
                    '--log_type=prod',
                    '--rekor_server.signer=$(KMS)',
                    '--enable_retrieve_api=false',
                    '--enable_attestation_storage=$(ENABLE_ATTESTATION_STORAGE)',
                    '--attestation_storage_bucket=$(ATTESTATION_BUCKET)',
                  ],
                  env: [
                    fromConfig('KMS', 'kms'),
                    fromConfig('ENABLE_ATTESTATION_STORAGE', 'enable_attestation_storage'),
                    fromConfig('ATTESTATION_BUCKET', 'attestation_bucket'),
                  ],
                  ports: [{ containerPort: 3_000 }, { containerPort: 2_112 }],
                  volumeMounts: [
                    { name: 'sharding-config', mountPath: '/sharding' },
                    { name: 'key', mountPath: '/key', readOnly: true },
                  ],
                },
              ],
              volumes: [
                { name: 'sharding-config', configMap: { name: 'sharding-config' } },
                { name: 'key', secret: { secretName: SIGNING_KEY } },
              ],
            },
          },
        },
      },
      {
        ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name } },
        spec: { type: 'LoadBalancer', selector: labels, ports: [{ port: 80, targetPort: 3_000 }] },
      },
    ];
  },
};
