import type { ClusterAddresses } from './addresses';
import type { Manifest } from './api';
import { DOMAIN } from './settings';

export const NAME_SERVER_IMAGE = 'localhost/rekor-rotate-lab/coredns:lab';
export const NAME_SERVER = { namespace: 'kube-system', name: 'coredns' } as const;

const labels = { 'k8s-app': 'kube-dns' };
/** Above 1023, so that the name server needs no rights for it. */
const PORT = 1053;

/** The cluster's name server, as installers of clusters set it up: for names of Services, and for no others. */
export function nameServer({ nameService }: ClusterAddresses): readonly Manifest[] {
  const { namespace, name } = NAME_SERVER;
  const metadata = { namespace, name };
  const role = `system:${name}`;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: [
        { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: {
        Corefile: [
          `.:${PORT} {`,
          '    errors',
          '    ready',
          `    kubernetes ${DOMAIN} in-addr.arpa ip6.arpa {`,
          '        ttl 5',
          '    }',
          '    cache 5',
          '}',
          '',
        ].join('\n'),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            dnsPolicy: 'Default',
            containers: [
              {
                name,
                image: NAME_SERVER_IMAGE,
                imagePullPolicy: 'Never',
                args: ['-conf', '/etc/coredns/Corefile'],
                ports: [
                  { name: 'dns', containerPort: PORT, protocol: 'UDP' },
                  { name: 'dns-tcp', containerPort: PORT, protocol: 'TCP' },
                ],
                readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
                volumeMounts: [{ name: 'configuration', mountPath: '/etc/coredns', readOnly: true }],
              },
            ],
            volumes: [{ name: 'configuration', configMap: { name } }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: 'kube-dns', labels },
      spec: {
        clusterIP: nameService,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, targetPort: 'dns', protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, targetPort: 'dns-tcp', protocol: 'TCP' },
        ],
      },
    },
  ];
}
