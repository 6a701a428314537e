import type { Json, JsonObject } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import {
  listAt,
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../../../../activities/installation/kubernetes/json-path';
import { REKOR_IMAGE } from '../images';
import { OPERATOR } from './names';

/**
 * What Red Hat's operator generates from a Rekor (securesign/secure-sign-operator at c4848fb3:
 * internal/controller/rekor/actions/server), as its stand-in does. Left out is what takes no part in a rotation: attestations,
 * search, the account of the pods, Ingress, monitor and backfill.
 */

const KEY = 'sharding-config.yaml';

/** The label by which the operator finds its lists again. */
export const LIST_LABEL = { 'rhtas.redhat.com/resource': 'rekor-sharding-conf' };

/** The labels of all that the operator generates for a Rekor. */
export function labelsOf(rekor: KubernetesObject): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': OPERATOR.deployment,
    'app.kubernetes.io/instance': rekor.metadata.name,
    'app.kubernetes.io/component': OPERATOR.deployment,
    'app.kubernetes.io/part-of': 'trusted-artifact-signer',
    'app.kubernetes.io/managed-by': 'controller-manager',
  };
}

/** What an object says of its controller. */
export function controlledBy({ apiVersion, kind, metadata }: KubernetesObject): readonly JsonObject[] {
  const { name, uid = '' } = metadata;
  return [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }];
}

/** What the list of a Rekor is written as; the operator writes every field, also a length of 0. */
export function listOf(rekor: KubernetesObject): JsonObject {
  const shards = listAt(rekor, 'spec', 'sharding').map((shard) => {
    const key = textAt(shard, 'encodedPublicKey');
    return [
      ...(key === undefined ? [] : [`encodedPublicKey: ${key}`]),
      `treeID: ${digits(valueAt(shard, 'treeID'))}`,
      `treeLength: ${digits(valueAt(shard, 'treeLength') ?? 0)}`,
    ];
  });
  const text = shards.map(([first = '', ...rest]) => [`- ${first}`, ...rest.map((line) => `  ${line}`)]);
  return { [KEY]: text.flatMap((lines) => lines.map((line) => `${line}\n`)).join('') };
}

/** Its ConfigMap, which nobody can change; another list gets another one, under another name. */
export function listObject(rekor: KubernetesObject, name: string): KubernetesObject {
  return {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: head(rekor, name, LIST_LABEL),
    ...{ immutable: true, data: listOf(rekor) },
  };
}

/** The Deployment. `treeId` is that of the status, not that of the spec. */
export function deploymentOf(rekor: KubernetesObject, list: string, treeId: Json): KubernetesObject {
  const name = OPERATOR.deployment;
  const labels = labelsOf(rekor);
  const probe = (path: string, more: JsonObject): JsonObject => ({ httpGet: { path, port: 3_000 }, ...more });
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: head(rekor, name) },
    spec: {
      replicas: numberAt(rekor, 'spec', 'replicas') ?? 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              ...{ name, image: REKOR_IMAGE, imagePullPolicy: 'Never', args: argumentsOf(rekor, treeId) },
              env: listAt(rekor, 'spec', 'auth', 'env'),
              ports: [
                { name, containerPort: 3_000 },
                { name: 'monitoring', containerPort: 2_112 },
              ],
              livenessProbe: probe('/ping', { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 }),
              readinessProbe: probe('/api/v1/log', {
                ...{ periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
              }),
              startupProbe: probe('/api/v1/log', {
                ...{ periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 12 },
              }),
              volumeMounts: [
                { name: 'rekor-sharding-config', mountPath: '/sharding' },
                { name: 'rekor-private-key-volume', mountPath: '/key', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'rekor-sharding-config', configMap: { name: list } },
            { name: 'rekor-private-key-volume', secret: keyOf(rekor) },
          ],
        },
      },
    },
  };
}

/** A flag and its value are two arguments, but for those that are true or false. */
function argumentsOf(rekor: KubernetesObject, treeId: Json): readonly string[] {
  const { namespace = '' } = rekor.metadata;
  return [
    'serve',
    ...['--trillian_log_server.address', `dns:///trillian-logserver.${namespace}.svc`],
    ...['--trillian_log_server.port', '8091'],
    ...['--trillian_log_server.sharding_config', `/sharding/${KEY}`],
    '--trillian_log_server.grpc_default_service_config',
    '{"loadBalancingConfig":[{"round_robin":{}}]}',
    ...['--rekor_server.address', '0.0.0.0'],
    '--enable_retrieve_api=false',
    ...['--trillian_log_server.tlog_id', digits(treeId)],
    ...['--log_type', 'prod'],
    ...['--rekor_server.signer', '/key/private'],
    '--enable_attestation_storage=false',
  ];
}

function keyOf(rekor: KubernetesObject): JsonObject {
  const keyRef = objectAt(rekor, 'spec', 'signer', 'keyRef');
  const key = textAt(keyRef, 'key') ?? '';
  return { secretName: textAt(keyRef, 'name') ?? '', items: [{ key, path: 'private' }] };
}

export function serviceOf(rekor: KubernetesObject): KubernetesObject {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: head(rekor, OPERATOR.deployment) },
    spec: {
      selector: labelsOf(rekor),
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 3_000 },
        { name: 'metrics', protocol: 'TCP', port: 2_112, targetPort: 2_112 },
      ],
    },
  };
}

/** The Rekor that a Securesign is copied to, whole. */
export function rekorOf(securesign: KubernetesObject): KubernetesObject {
  const { name, namespace = '' } = securesign.metadata;
  return {
    ...{ apiVersion: OPERATOR.apiVersion, kind: 'Rekor' },
    metadata: { name, namespace, ownerReferences: controlledBy(securesign) },
    spec: objectAt(securesign, 'spec', 'rekor'),
  };
}

function head(rekor: KubernetesObject, name: string, more: Readonly<Record<string, string>> = {}) {
  const { namespace = '' } = rekor.metadata;
  return {
    ...{ name, namespace },
    labels: { ...labelsOf(rekor), ...more },
    ownerReferences: controlledBy(rekor),
  };
}

function digits(value: Json | undefined): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}
