import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import type { TreeId } from '../../../workflows/model/log';

/** Where a simulated Deployment has its active tree: as Rekor's own manifest has it, or as Sigstore's chart does. */
export const treePlaces = ['argument', 'ConfigMap'] as const;
export type TreePlaceName = (typeof treePlaces)[number];

export const NAMESPACE = 'rekor-system';
export const STANDING = 'rekor-server';
export const COPY = `${STANDING}-next`;
export const LIST = 'sharding-config';
export const LIST_KEY = 'sharding-config.yaml';
export const TREE = 'rekor-config';
export const TREE_KEY = 'treeID';

const TREE_FLAG = '--trillian_log_server.tlog_id';
const LABELS = { app: STANDING };

/** The objects of a log before anything happens. */
export function manifests(log: {
  readonly treePlace: TreePlaceName;
  readonly replicas: number;
  readonly activeTreeId: TreeId;
  readonly list: string;
}): readonly KubernetesObject[] {
  const { treePlace, replicas, activeTreeId, list } = log;
  const inConfigMap = treePlace === 'ConfigMap';
  const metadata = (name: string) => ({ namespace: NAMESPACE, name });
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(LIST), data: { [LIST_KEY]: list } },
    ...(inConfigMap
      ? [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: metadata(TREE),
            data: { [TREE_KEY]: activeTreeId },
          },
        ]
      : []),
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: metadata(STANDING) },
      spec: { selector: LABELS, ports: [{ port: 80, targetPort: 3_000 }] },
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(STANDING) },
      spec: {
        replicas,
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: {
            containers: [
              {
                ...{ name: STANDING, image: 'rekor-server:1' },
                args: [
                  'serve',
                  `${TREE_FLAG}=${inConfigMap ? '$(TREE_ID)' : activeTreeId}`,
                  '--trillian_log_server.sharding_config=/sharding/sharding-config.yaml',
                ],
                env: inConfigMap
                  ? [{ name: 'TREE_ID', valueFrom: { configMapKeyRef: { name: TREE, key: TREE_KEY } } }]
                  : [],
                volumeMounts: [{ name: 'sharding', mountPath: '/sharding' }],
              },
            ],
            volumes: [{ name: 'sharding', configMap: { name: LIST } }],
          },
        },
      },
    },
  ];
}
