import { join } from 'node:path';
import type { ClusterBinaries } from '../../tools/cluster-binaries';
import { API_PORT, type ClusterAddresses } from './addresses';
import type { ClusterFiles } from './files';
import { DOMAIN, NODE, settingsIn } from './settings';

/** The programs of a cluster, in the order in which they are started. */
export const programNames = [
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
] as const;

export type ProgramName = (typeof programNames)[number];

export interface ClusterProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** What each program is started with. */
export function clusterPrograms(
  files: ClusterFiles,
  addresses: ClusterAddresses,
  binaries: ClusterBinaries,
): Readonly<Record<ProgramName, ClusterProgram>> {
  const settings = settingsIn(files);
  const { certificate, key } = settings;
  // The only one of their kind: nobody is elected.
  const alone = ['--leader-elect=false', '--bind-address=127.0.0.1'];
  const as = (client: string): string[] => [
    `--kubeconfig=${settings.kubeconfig(client)}`,
    `--authentication-kubeconfig=${settings.kubeconfig(client)}`,
    `--authorization-kubeconfig=${settings.kubeconfig(client)}`,
  ];
  return {
    etcd: {
      command: binaries.etcd,
      args: [
        ...[`--data-dir=${files.etcd}`, '--name=lab', '--log-level=warn'],
        ...[`--listen-client-urls=${ETCD}`, `--advertise-client-urls=${ETCD}`],
        ...[`--listen-peer-urls=${ETCD_PEER}`, `--initial-advertise-peer-urls=${ETCD_PEER}`],
        `--initial-cluster=lab=${ETCD_PEER}`,
        // Nobody mourns the cluster when the machine crashes, and disks of laptops are slow.
        '--unsafe-no-fsync',
      ],
    },
    containerd: { command: binaries.containers.containerd, args: [`--config=${settings.containerd}`] },
    'kube-apiserver': {
      command: binaries.apiServer,
      args: [
        ...[`--etcd-servers=${ETCD}`, `--bind-address=${addresses.node}`, `--secure-port=${API_PORT}`],
        ...[`--advertise-address=${addresses.node}`, `--service-cluster-ip-range=${addresses.services}`],
        ...['--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction'],
        `--client-ca-file=${settings.authority}`,
        `--tls-cert-file=${certificate('api-server')}`,
        `--tls-private-key-file=${key('api-server')}`,
        `--kubelet-certificate-authority=${settings.authority}`,
        `--kubelet-client-certificate=${certificate('api-server-to-kubelet')}`,
        `--kubelet-client-key=${key('api-server-to-kubelet')}`,
        // No name server knows the node's name.
        '--kubelet-preferred-address-types=InternalIP',
        `--service-account-issuer=https://kubernetes.default.svc.${DOMAIN}`,
        `--service-account-key-file=${settings.tokenPublicKey}`,
        `--service-account-signing-key-file=${settings.tokenPrivateKey}`,
      ],
    },
    'kube-controller-manager': {
      command: binaries.controllerManager,
      args: [
        ...[...as('controller-manager'), ...alone, '--use-service-account-credentials'],
        `--service-account-private-key-file=${settings.tokenPrivateKey}`,
        `--root-ca-file=${settings.authority}`,
      ],
    },
    'kube-scheduler': { command: binaries.scheduler, args: [...as('scheduler'), ...alone] },
    kubelet: {
      command: binaries.kubelet,
      args: [
        ...[`--config=${settings.kubelet}`, `--kubeconfig=${settings.kubeconfig('kubelet')}`],
        ...[`--root-dir=${files.kubelet}`, `--hostname-override=${NODE}`, `--node-ip=${addresses.node}`],
      ],
    },
    'kube-proxy': { command: binaries.proxy, args: [`--config=${settings.proxy}`] },
  };
}

const ETCD = 'http://127.0.0.1:2379';
const ETCD_PEER = 'http://127.0.0.1:2380';

/** The program that forwards ports to a cluster that was there before the lab: the only one that the lab then runs here. */
export const FORWARDS = 'forwards' as const;

export function programFiles(files: ClusterFiles, name: ProgramName | typeof FORWARDS) {
  return { logFile: join(files.logs, `${name}.log`), pidFile: join(files.running, `${name}.pid`) };
}
