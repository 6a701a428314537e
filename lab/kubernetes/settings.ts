import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ContainerPrograms } from '../../tools/container-programs';
import { API_PORT, type ClusterAddresses } from './addresses';
import { newClusterAuthority, newTokenKeys, type Certificate, type Subject } from './certificates';
import { cgroupOf } from './cgroups';
import type { ClusterFiles } from './files';
import { kubeconfig } from './kubeconfig';

/** The name of the only node. */
export const NODE = 'lab';

/** The image of what holds the network of a pod. */
export const PAUSE_IMAGE = 'localhost/rekor-rotate-lab/pause:lab';

/** Seen from inside only: /run is the cluster's own there. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

const MASTERS = 'system:masters';

/** Who has a certificate in the cluster, by the name of its files. */
const clients: Readonly<Record<string, Subject>> = {
  'controller-manager': { name: 'system:kube-controller-manager' },
  scheduler: { name: 'system:kube-scheduler' },
  proxy: { name: 'system:kube-proxy' },
  // The Node authorizer knows a kubelet by these (kubernetes: plugin/pkg/auth/nodeidentifier).
  kubelet: { name: `system:node:${NODE}`, group: 'system:nodes' },
};

/** Where the files are that the cluster's programs are started with. */
export interface Settings {
  readonly authority: string;
  readonly tokenPublicKey: string;
  readonly tokenPrivateKey: string;
  /** The certificate or the key of this name. */
  readonly certificate: (name: string) => string;
  readonly key: (name: string) => string;
  /** Of a client by its name. */
  readonly kubeconfig: (name: string) => string;
  readonly containerd: string;
  readonly kubelet: string;
  readonly proxy: string;
}

export function settingsIn(files: ClusterFiles): Settings {
  const certificates = (name: string): string => join(files.certificates, name);
  const settings = (name: string): string => join(files.settings, name);
  return {
    authority: certificates('authority.crt'),
    tokenPublicKey: certificates('tokens.pub'),
    tokenPrivateKey: certificates('tokens.key'),
    certificate: (name) => certificates(`${name}.crt`),
    key: (name) => certificates(`${name}.key`),
    kubeconfig: (name) => settings(`${name}.kubeconfig`),
    containerd: settings('containerd.toml'),
    kubelet: settings('kubelet.yaml'),
    proxy: settings('proxy.yaml'),
  };
}

/** Writes everything that the programs of a new cluster are started with, with certificates that no other one has. */
export async function writeSettings(
  files: ClusterFiles,
  addresses: ClusterAddresses,
  programs: ContainerPrograms,
): Promise<void> {
  await mkdir(files.certificates, { recursive: true, mode: 0o700 });
  await mkdir(files.settings, { recursive: true });
  const settings = settingsIn(files);
  await writeCredentials(files, addresses, settings);
  const network = join(files.settings, 'network');
  await mkdir(network, { recursive: true });
  await writeFile(join(network, '10-lab.conflist'), JSON.stringify(networkOf(addresses)));
  await writeFile(settings.containerd, containerdSettings(files, programs, network));
  await writeFile(settings.kubelet, stringify(kubeletSettings(files, addresses, settings)));
  await writeFile(settings.proxy, stringify(proxySettings(addresses, settings)));
}

async function writeCredentials(
  files: ClusterFiles,
  addresses: ClusterAddresses,
  settings: Settings,
): Promise<void> {
  const authority = await newClusterAuthority();
  const secret = async (file: string, text: string): Promise<void> => {
    await writeFile(file, text, { mode: 0o600 });
  };
  const write = async (name: string, { certificate, key }: Certificate): Promise<void> => {
    await secret(settings.certificate(name), certificate);
    await secret(settings.key(name), key);
  };
  await secret(settings.authority, authority.certificate);
  const tokens = await newTokenKeys();
  await secret(settings.tokenPublicKey, tokens.publicKey);
  await secret(settings.tokenPrivateKey, tokens.privateKey);
  const names = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${DOMAIN}`,
  ];
  const server = { name: 'kube-apiserver', serves: [addresses.node, addresses.apiService, ...names] };
  await write('api-server', await authority.issue(server));
  await write('api-server-to-kubelet', await authority.issue({ name: 'kube-apiserver', group: MASTERS }));
  await write('kubelet-server', await authority.issue({ name: NODE, serves: [addresses.node, NODE] }));
  const url = `https://${addresses.node}:${API_PORT}`;
  for (const [name, subject] of Object.entries(clients)) {
    const client = await authority.issue(subject);
    await secret(settings.kubeconfig(name), kubeconfig(url, authority.certificate, client));
  }
  const administrator = await authority.issue({ name: 'lab', group: MASTERS });
  await secret(files.kubeconfig, kubeconfig(url, authority.certificate, administrator));
}

export const DOMAIN = 'cluster.local';

/**
 * Each pod has a line of its own to the node and no other neighbour, so that all that goes to a Service passes the node,
 * where its address is exchanged.
 */
function networkOf({ pods }: ClusterAddresses): unknown {
  return {
    cniVersion: '1.0.0',
    name: 'lab',
    plugins: [
      {
        type: 'ptp',
        ipam: {
          ...{ type: 'host-local', ranges: [[{ subnet: pods }]], routes: [{ dst: '0.0.0.0/0' }] },
          dataDir: '/run/cni',
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function containerdSettings(
  files: ClusterFiles,
  { runc, networkPlugins }: ContainerPrograms,
  network: string,
): string {
  const text = (value: string): string => JSON.stringify(value);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    'version = 2',
    `root = ${text(files.containerd)}`,
    'state = "/run/containerd"',
    // Neither is on every machine, and neither is needed.
    'disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]',
    '[grpc]',
    `address = ${text(CONTAINERD_SOCKET)}`,
    `[${cri}]`,
    `sandbox_image = ${text(PAUSE_IMAGE)}`,
    // A container that runs all of this may not make itself safer from the kernel's choice of whom to kill.
    'restrict_oom_score_adj = true',
    `[${cri}.cni]`,
    `bin_dir = ${text(networkPlugins)}`,
    `conf_dir = ${text(network)}`,
    `[${cri}.containerd.runtimes.runc]`,
    'runtime_type = "io.containerd.runc.v2"',
    `[${cri}.containerd.runtimes.runc.options]`,
    `BinaryName = ${text(runc)}`,
    'SystemdCgroup = false',
    '',
  ].join('\n');
}

function kubeletSettings(files: ClusterFiles, addresses: ClusterAddresses, settings: Settings): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: settings.authority },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: settings.certificate('kubelet-server'),
    tlsPrivateKeyFile: settings.key('kubelet-server'),
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    volumePluginDir: join(files.kubelet, 'volume-plugins'),
    clusterDNS: [addresses.nameService],
    clusterDomain: DOMAIN,
    // Names outside of the cluster are nobody's business in it.
    resolvConf: '',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroupOf(files)}`,
    enforceNodeAllocatable: [],
    protectKernelDefaults: true,
    failSwapOn: false,
    failCgroupV1: false,
    oomScoreAdj: 0,
    // A laptop's disk is nearly full now and then, and a lab has no other node to go to.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}

function proxySettings({ pods }: ClusterAddresses, settings: Settings): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: settings.kubeconfig('proxy') },
    mode: 'iptables',
    clusterCIDR: pods,
    hostnameOverride: NODE,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    // These are settings of the whole machine, or not to be had in a namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
