import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A pinned Go module of this folder, and the programs that are built from it. */
export interface PinnedTool {
  readonly name:
    | 'temporal'
    | 'trillian'
    | 'rekor'
    | 'rekor-router'
    | 'rekor-list-reader'
    | 'etcd'
    | 'kubernetes'
    | 'coredns'
    | 'helm3'
    | 'helm4';
  /** The folder with its go.mod and go.sum; without it, the one that is named like the tool. */
  readonly folder?: 'rekor';
  /** The module whose version `go.mod` pins. */
  readonly module: string;
  readonly programs: readonly PinnedProgram[];
  readonly tags: readonly string[];
  /** Variables of its packages that the linker sets, by their full names: what a release says of itself. */
  readonly stamps?: Readonly<Record<string, string>>;
  /**
   * What `--version` says of a program of the pinned version. Releases that their makers built from a checkout carry no
   * version in their build record.
   */
  readonly saysOfItself?: string;
  /** How long a build took on two cores with empty caches, in words. */
  readonly expected: string;
  /** Files of our own that its programs are built from; such a program is never looked for on PATH. */
  readonly sources?: readonly string[];
  /** Files of the module that are kept beside its programs: `name`, from its `path` in the module. */
  readonly extras?: readonly { readonly name: string; readonly path: string }[];
}

export interface PinnedProgram {
  readonly name: string;
  readonly package: string;
  /** What Go names it after its package, when that is not `name`. */
  readonly builtAs?: string;
}

const program = (module: string, name: string): PinnedProgram => ({ name, package: `${module}/cmd/${name}` });

const temporal = 'github.com/temporalio/cli';
const trillian = 'github.com/google/trillian';
const rekor = 'github.com/sigstore/rekor';

/** What the lab runs. */
export const pinnedTools: readonly PinnedTool[] = [
  {
    name: 'temporal',
    module: temporal,
    programs: [program(temporal, 'temporal')],
    tags: [],
    expected: '2 to 3 minutes',
  },
  {
    name: 'trillian',
    module: trillian,
    programs: [program(trillian, 'trillian_log_server'), program(trillian, 'trillian_log_signer')],
    // Storage and quota of PostgreSQL and of MySQL, of which flags choose; k8s has the election that needs no etcd.
    tags: ['postgresql', 'mysql', 'k8s'],
    expected: 'about 2 minutes',
    extras: [
      { name: 'postgresql.sql', path: 'storage/postgresql/schema/storage.sql' },
      { name: 'mysql.sql', path: 'storage/mysql/schema/storage.sql' },
    ],
  },
  {
    name: 'rekor',
    module: rekor,
    programs: [program(rekor, 'rekor-server'), program(rekor, 'rekor-cli')],
    tags: [],
    expected: '2 to 3 minutes',
  },
];

const kubernetes = 'k8s.io/kubernetes';
const etcd = 'go.etcd.io/etcd/server/v3';
const kubernetesVersion = 'v1.33.13';
const stamp = (name: string): string => `k8s.io/component-base/version.${name}`;

/** What a cluster of the lab's own runs, besides programs that Debian has. */
export const clusterTools: readonly PinnedTool[] = [
  {
    name: 'etcd',
    module: etcd,
    programs: [{ name: 'etcd', package: etcd, builtAs: 'server' }],
    tags: [],
    saysOfItself: 'etcd Version: 3.5.21',
    expected: '1 to 4 minutes',
  },
  {
    // The newest minor release whose kubelet starts on cgroups of version 1 without being told so by a flag.
    name: 'kubernetes',
    module: kubernetes,
    programs: [
      program(kubernetes, 'kube-apiserver'),
      program(kubernetes, 'kube-controller-manager'),
      program(kubernetes, 'kube-scheduler'),
      program(kubernetes, 'kubelet'),
      program(kubernetes, 'kube-proxy'),
    ],
    tags: [],
    // Without these it calls itself v0.0.0-master, and clients that ask which features it has are misled.
    stamps: {
      [stamp('gitVersion')]: kubernetesVersion,
      [stamp('gitMajor')]: '1',
      [stamp('gitMinor')]: '33',
    },
    saysOfItself: `Kubernetes ${kubernetesVersion}`,
    expected: '6 to 15 minutes',
  },
  {
    name: 'coredns',
    module: 'github.com/coredns/coredns',
    programs: [
      { name: 'coredns', package: 'rekor-rotate/tools/coredns/coredns' },
      { name: 'pause', package: 'rekor-rotate/tools/coredns/pause' },
    ],
    sources: ['coredns/main.go', 'pause/main.go'],
    tags: [],
    expected: '2 to 4 minutes',
  },
];

/** Rekor's HTTP server without a log behind it, to compare the gate with. Only tests need it. */
export const rekorRouter: PinnedTool = {
  name: 'rekor-router',
  folder: 'rekor',
  module: rekor,
  programs: [{ name: 'rekor-router', package: 'rekor-rotate/tools/rekor/rekor-router' }],
  sources: ['rekor-router/main.go'],
  tags: [],
  expected: 'a minute; some seconds when rekor-server was built before',
};

/** Reads sharding lists with Rekor's own function, to compare ours with. Only tests need it. */
export const rekorListReader: PinnedTool = {
  name: 'rekor-list-reader',
  folder: 'rekor',
  module: rekor,
  programs: [{ name: 'list-reader', package: 'rekor-rotate/tools/rekor/list-reader' }],
  sources: ['list-reader/main.go', 'list-reader/link.s'],
  tags: [],
  expected: 'a minute; some seconds when rekor-server was built before',
};

const helmTool = (major: '3' | '4', stamps: PinnedTool['stamps']): PinnedTool => {
  const module = `helm.sh/helm/v${major}`;
  return {
    ...{ name: `helm${major}`, module, tags: [] },
    programs: [{ name: 'helm', package: `${module}/cmd/helm` }],
    stamps: { ...stamps },
    expected: '4 to 8 minutes',
  };
};

/** Both releases of Helm that people use: they apply what they render in two ways. Only tests on a cluster need them. */
export const helmTools = {
  3: helmTool('3', {
    'helm.sh/helm/v3/internal/version.version': 'v3.22.0',
    // Which Kubernetes it renders for where it asks none; without these, 1.20. Helm 4 takes that from its build record.
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': '1',
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': '37',
    'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor': '1',
    'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor': '37',
  }),
  4: helmTool('4', { 'helm.sh/helm/v4/internal/version.version': 'v4.3.1' }),
} as const;

/** The folder with a tool's go.mod and go.sum: beside this file, in the sources as in the compiled copy. */
export function moduleFolder(tool: PinnedTool): string {
  const folder = join(__dirname, tool.folder ?? tool.name);
  if (!existsSync(join(folder, 'go.mod'))) {
    throw new Error(`${folder} has no go.mod; run npm run build.`);
  }
  return folder;
}
