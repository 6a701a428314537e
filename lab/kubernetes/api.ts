import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  Health,
  type KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  type AuthenticationV1TokenRequest,
  type KubernetesObject,
  type V1SubjectAccessReview,
} from '@kubernetes/client-node';
import type { CallBounds } from '../../activities/clients/call-bounds';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import { loadKubeconfig, unusableSource } from '../../activities/clients/kubernetes/kubeconfig';
import type { KubernetesObject as ExactObject } from '../../activities/clients/kubernetes/objects';

/** What the lab does with a cluster's API, its own or one that a kubeconfig names. */

/** Who wrote an object, as its metadata say. */
export const FIELD_MANAGER = 'rekor-rotate-lab';

/** An object as a manifest has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** `spec`, `data` and the like. */
  readonly [field: string]: unknown;
}

/** A verb of the API, and what it is done to. */
export interface AskedRight {
  readonly verb: string;
  /** Absent for the group of Pods and Secrets. */
  readonly group?: string;
  readonly resource: string;
  readonly name?: string;
}

export class ClusterApi {
  private readonly objects: KubernetesObjectApi;
  private readonly core: CoreV1Api;
  private readonly apps: AppsV1Api;
  private readonly authorization: AuthorizationV1Api;

  private constructor(
    private readonly config: KubeConfig,
    private readonly exact: Cluster,
    private readonly adapted: (manifest: Manifest) => Manifest,
  ) {
    this.objects = KubernetesObjectApi.makeApiClient(this.config);
    this.core = this.config.makeApiClient(CoreV1Api);
    this.apps = this.config.makeApiClient(AppsV1Api);
    this.authorization = this.config.makeApiClient(AuthorizationV1Api);
  }

  /** `adapted` makes of each manifest what this cluster is to have instead. */
  static fromFile(
    kubeconfigFile: string,
    context?: string,
    adapted: (manifest: Manifest) => Manifest = (manifest) => manifest,
  ): ClusterApi {
    const kubeconfig = resolve(kubeconfigFile);
    const source = { kubeconfig, ...(context !== undefined && { context }) };
    const exact = openCluster({ log: FIELD_MANAGER, source, fieldManager: FIELD_MANAGER });
    const { config } = loadKubeconfig(source, unusableSource(FIELD_MANAGER, source));
    return new ClusterApi(config, exact, adapted);
  }

  /** Whether the API server has started whole. */
  async isReady(): Promise<boolean> {
    return await new Health(this.config).readyz({}).catch(() => false);
  }

  async nodeIsReady(name: string): Promise<boolean> {
    const node = await absentAsNull(this.core.readNode({ name }));
    return (
      node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    );
  }

  /** Writes the objects in this order, whether they are there or not. */
  async apply(manifests: readonly Manifest[]): Promise<void> {
    for (const manifest of manifests) {
      const { ServerSideApply } = PatchStrategy;
      // Its types have classes for what is plain data.
      const object = this.adapted(manifest) as unknown as KubernetesObject;
      await this.objects.patch(object, undefined, undefined, FIELD_MANAGER, true, ServerSideApply);
    }
  }

  /** Whether objects of this kind can be written by now. */
  async hasKind({ apiVersion, kind }: Pick<ExactObject, 'apiVersion' | 'kind'>): Promise<boolean> {
    await this.exact.list({ apiVersion, kind, namespace: 'default' }, {}, withinTime());
    return true;
  }

  /** Writes one object as it is: the rest of this client rounds long numbers, and loses what it does not know of a definition. */
  async applyExactly(object: ExactObject): Promise<void> {
    await this.exact.apply(object, { ...withinTime(), force: true });
  }

  /** Whether all the pods that a Deployment asks for are of its latest template, and ready. */
  async isAvailable(namespace: string, name: string): Promise<boolean> {
    const found = await absentAsNull(this.apps.readNamespacedDeployment({ namespace, name }));
    if (!found) {
      return false;
    }
    const { metadata, spec, status } = found;
    const wanted = spec?.replicas ?? 1;
    return (
      status?.observedGeneration === metadata?.generation &&
      status?.updatedReplicas === wanted &&
      status.availableReplicas === wanted &&
      status.replicas === wanted
    );
  }

  /** The address of a Service inside the cluster, which this machine reaches, too. */
  async serviceAddress(namespace: string, name: string): Promise<string> {
    const { spec } = await this.core.readNamespacedService({ namespace, name });
    return spec?.clusterIP ?? '';
  }

  /** The addresses of the pods of a Deployment that run. */
  async podAddresses(namespace: string, name: string): Promise<readonly string[]> {
    const { items } = await this.core.listNamespacedPod(await this.podsOf(namespace, name));
    return items.flatMap(({ metadata, status }) =>
      metadata?.deletionTimestamp === undefined && status?.podIP !== undefined ? [status.podIP] : [],
    );
  }

  /** Deletes the pods of a Deployment, which makes others. */
  async deletePods(namespace: string, name: string): Promise<void> {
    await this.core.deleteCollectionNamespacedPod(await this.podsOf(namespace, name));
  }

  private async podsOf(
    namespace: string,
    name: string,
  ): Promise<{ readonly namespace: string; readonly labelSelector: string }> {
    const { spec } = await this.apps.readNamespacedDeployment({ namespace, name });
    const labels = Object.entries(spec?.selector.matchLabels ?? {});
    return { namespace, labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(',') };
  }

  /** Whether a ServiceAccount of a namespace may do this to an object there. */
  async isAllowed(namespace: string, account: string, asked: AskedRight): Promise<boolean> {
    const user = `system:serviceaccount:${namespace}:${account}`;
    const review = { spec: { user, resourceAttributes: { namespace, ...asked } } };
    const body = review as unknown as V1SubjectAccessReview;
    const { status } = await this.authorization.createSubjectAccessReview({ body });
    return status?.allowed === true;
  }

  /** A token with which somebody comes as a ServiceAccount, for so long; ten minutes at least. */
  async tokenOf(namespace: string, name: string, lastsMs: number): Promise<string> {
    const request = { spec: { audiences: [], expirationSeconds: Math.ceil(lastsMs / 1_000) } };
    const body = request as unknown as AuthenticationV1TokenRequest;
    const { status } = await this.core.createNamespacedServiceAccountToken({ namespace, name, body });
    if (status?.token === undefined) {
      throw new Error(`The API server gave no token of ${namespace}/${name}.`);
    }
    return status.token;
  }

  /** What has become of a pod: `Pending`, `Running`, `Succeeded` or `Failed`. */
  async podPhase(namespace: string, name: string): Promise<string> {
    const { status } = await this.core.readNamespacedPod({ namespace, name });
    return status?.phase ?? 'Pending';
  }

  async podLog(namespace: string, name: string): Promise<string> {
    return await this.core.readNamespacedPodLog({ namespace, name });
  }

  /** A line on each pod of a namespace that is not ready, for a message that says why something is not there. */
  async describeUnready(namespace: string): Promise<string> {
    const { items } = await this.core.listNamespacedPod({ namespace });
    const lines = items.flatMap(({ metadata, status }) => {
      const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
      const unready = containers.filter(({ ready }) => !ready);
      const reasons = unready.map(({ name, state }) => {
        const reason = state?.waiting?.reason ?? state?.terminated?.reason ?? 'runs and is not ready';
        const message = state?.waiting?.message ?? state?.terminated?.message;
        return `${name} ${reason}${message === undefined ? '' : `: ${message}`}`;
      });
      const said = containers.length === 0 ? [status?.phase ?? 'unknown'] : reasons;
      return said.length > 0 ? [`${metadata?.name ?? ''}: ${said.join(', ')}`] : [];
    });
    return lines.length > 0 ? lines.join('\n') : `There is no pod in namespace ${namespace}.`;
  }
}

const CALL_MS = 15_000;

function withinTime(): CallBounds {
  return { signal: AbortSignal.timeout(CALL_MS) };
}

async function absentAsNull<Found>(reading: Promise<Found>): Promise<Found | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) {
      return null;
    }
    throw error;
  }
}

export interface Wait {
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Says more when it has taken too long. */
  readonly why?: () => Promise<string>;
}

/**
 * Asks every 50 ms until the answer is yes; a question that fails counts as no. `requireHope` throws when the answer will
 * never be yes.
 */
export async function untilSo(
  { what, timeoutMs, signal, why }: Wait,
  ask: () => Promise<boolean>,
  requireHope: () => void = () => undefined,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let trouble = '';
  for (;;) {
    signal.throwIfAborted();
    requireHope();
    try {
      if (await ask()) {
        return;
      }
    } catch (error) {
      trouble = ` ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > deadline) {
      const more = (await why?.().catch(() => '')) ?? '';
      throw new Error(`${what} after ${timeoutMs / 1_000} s.${trouble}${more === '' ? '' : `\n${more}`}`);
    }
    await pause(50, undefined, { signal });
  }
}
