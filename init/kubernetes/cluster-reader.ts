import type { CallBounds } from '../../activities/clients/call-bounds';
import type { Cluster } from '../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { unlessRefused } from '../../activities/errors/refusal-error';

/** What is read of a cluster, and what a Role calls it. Secrets are not among it: no value of one is ever read. */
const KINDS = {
  Deployment: { apiVersion: 'apps/v1', resource: 'deployments.apps' },
  StatefulSet: { apiVersion: 'apps/v1', resource: 'statefulsets.apps' },
  DaemonSet: { apiVersion: 'apps/v1', resource: 'daemonsets.apps' },
  ReplicaSet: { apiVersion: 'apps/v1', resource: 'replicasets.apps' },
  CronJob: { apiVersion: 'batch/v1', resource: 'cronjobs.batch' },
  Job: { apiVersion: 'batch/v1', resource: 'jobs.batch' },
  Pod: { apiVersion: 'v1', resource: 'pods' },
  Service: { apiVersion: 'v1', resource: 'services' },
  ConfigMap: { apiVersion: 'v1', resource: 'configmaps' },
  Namespace: { apiVersion: 'v1', resource: 'namespaces' },
  RoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    resource: 'rolebindings.rbac.authorization.k8s.io',
  },
  Ingress: { apiVersion: 'networking.k8s.io/v1', resource: 'ingresses.networking.k8s.io' },
} as const;

export type ReadKind = keyof typeof KINDS;

/** Says that the cluster does not let us see something. */
export const DENIED = 'denied';

/** The objects of a cluster as far as it lets us see them; each is asked for once. */
export class ClusterReader {
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #denied = new Set<string>();

  constructor(
    private readonly cluster: Cluster,
    private readonly bounds: CallBounds,
  ) {}

  /** What was asked for and may not be seen, as `list pods of rekor-system`. */
  get denied(): readonly string[] {
    return [...this.#denied].sort();
  }

  /** All objects of a kind in a namespace. */
  async list(kind: ReadKind, namespace: string): Promise<readonly KubernetesObject[] | typeof DENIED> {
    const { apiVersion, resource } = KINDS[kind];
    return await this.#once(`list ${resource} of ${namespace}`, async () => {
      const { items } = await this.cluster.list({ apiVersion, kind, namespace }, {}, this.bounds);
      return items;
    });
  }

  /** As `list`, and none where they may not be seen. */
  async listed(kind: ReadKind, namespace: string): Promise<readonly KubernetesObject[]> {
    const found = await this.list(kind, namespace);
    return found === DENIED ? [] : found;
  }

  /** One object, undefined where it is not there. */
  async get(
    kind: ReadKind,
    namespace: string | undefined,
    name: string,
  ): Promise<KubernetesObject | undefined | typeof DENIED> {
    const { apiVersion, resource } = KINDS[kind];
    const what = namespace === undefined ? `${resource} ${name}` : `${resource} ${namespace}/${name}`;
    return await this.#once(`get ${what}`, () =>
      this.cluster.get({ apiVersion, kind, namespace, name }, this.bounds),
    );
  }

  async #once<Found>(what: string, ask: () => Promise<Found>): Promise<Found | typeof DENIED> {
    const asked = this.#answers.get(what) ?? unlessRefused('CLUSTER_DENIED', ask(), DENIED);
    this.#answers.set(what, asked);
    const answer = (await asked) as Found | typeof DENIED;
    if (answer === DENIED) this.#denied.add(what);
    return answer;
  }
}
