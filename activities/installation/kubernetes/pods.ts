import { isIP } from 'node:net';
import type { Instance } from '../../../workflows/model/log';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { Json } from '../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { listAt, numberAt, objectAt, textAt, textsOf, valueAt } from './json-path';
import type { Place } from './names';
import { readWorkload } from './rekor-workload';

/** A pod that is not being deleted. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  /** Undefined until it is on a node that has started it. */
  readonly address: string | undefined;
  /** Every container of it runs; nothing about whether it serves. */
  readonly isRunning: boolean;
  /** What keeps it from running, as its cluster says it; undefined where it does not. */
  readonly trouble: string | undefined;
  /** That will not pass by itself. */
  readonly isStuck: boolean;
}

/** The pods that a Deployment has: those that its selector finds, but for those that are being deleted. */
export async function podsOf(
  cluster: Cluster,
  place: Place,
  deployment: KubernetesObject,
  bounds: CallBounds,
): Promise<readonly Pod[]> {
  return (await labelledPods(cluster, place, selectorOf(deployment), bounds)).map(asPod);
}

/** The pods with these labels that have not ended, and are not being deleted. */
export async function labelledPods(
  cluster: Cluster,
  place: Place,
  labels: Labels,
  bounds: CallBounds,
): Promise<readonly KubernetesObject[]> {
  const pods = await podsNotEnded(cluster, place, labels, bounds);
  return pods.filter((pod) => textAt(pod, 'metadata', 'deletionTimestamp') === undefined);
}

/** The pods with these labels that have not ended, with those that are being deleted: the room of each is taken still. */
export async function podsNotEnded(
  cluster: Cluster,
  { namespace }: Place,
  labels: Labels,
  bounds: CallBounds,
): Promise<readonly KubernetesObject[]> {
  const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace }, labels, bounds);
  return items.filter((pod) => !hasEnded(pod));
}

/** Those of these pods that the selector of a Deployment finds. */
export function podsAmong(pods: readonly KubernetesObject[], deployment: KubernetesObject): readonly Pod[] {
  const wanted = Object.entries(selectorOf(deployment));
  const isFound = (pod: KubernetesObject): boolean =>
    wanted.every(([label, value]) => textAt(pod, 'metadata', 'labels', label) === value);
  return pods.filter(isFound).map(asPod);
}

export type Labels = Readonly<Record<string, string>>;

/** The labels by which a Deployment finds its pods. */
export function selectorOf(deployment: KubernetesObject): Labels {
  return textsOf(objectAt(deployment, 'spec', 'selector', 'matchLabels'));
}

/** The instances of the log in the pods of a Deployment, of those that have an address. Refuses WORKLOAD_NOT_ROTATABLE. */
export async function instancesOf(
  cluster: Cluster,
  place: Place,
  deployment: KubernetesObject,
  bounds: CallBounds,
): Promise<readonly Instance[]> {
  return instancesIn(place, deployment, await podsOf(cluster, place, deployment, bounds));
}

/** The same of pods that are known. */
export function instancesIn(
  place: Place,
  deployment: KubernetesObject,
  pods: readonly Pod[],
): readonly Instance[] {
  const { port } = readWorkload(place.log, deployment);
  return pods.flatMap((pod) => instanceOf(pod, port) ?? []);
}

/** The pod's Rekor as an instance of the log; undefined while it has no address. */
export function instanceOf(
  { name, address }: Pick<Pod, 'name' | 'address'>,
  port: number,
): Instance | undefined {
  if (address === undefined) return undefined;
  const host = address.includes(':') ? `[${address}]` : address;
  return { name, url: `http://${host}:${port}`, field: 'installation.deployment' };
}

/** Whether a base URL is that of a pod, by its form: an IP address and this port. */
export function isAddressOfPod(url: string, port: number): boolean {
  const { hostname, port: found } = new URL(url);
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0 && Number(found || HTTP_PORT) === port;
}

const HTTP_PORT = 80;

/** What a pod is given to end that says nothing else (Kubernetes: `terminationGracePeriodSeconds`), in seconds. */
const DEFAULT_GRACE_S = 30;

/** A node that reports late reports a little after that, in milliseconds. */
const REPORTS_MS = 5_000;

/**
 * For so long a pod that is told to end may still be there, in milliseconds: what it is given by whoever has told it, or else by
 * its own specification.
 *
 * @param pod a pod, or the template of one.
 */
export function endsWithinMs(pod: Json | undefined): number {
  const given =
    numberAt(pod, 'metadata', 'deletionGracePeriodSeconds') ??
    numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ??
    DEFAULT_GRACE_S;
  return given * 1_000 + REPORTS_MS;
}

function hasEnded(pod: KubernetesObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase') ?? '');
}

function asPod(pod: KubernetesObject): Pod {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const isRunning =
    statuses.length > 0 && statuses.every((one) => valueAt(one, 'state', 'running') !== undefined);
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
    address: textAt(pod, 'status', 'podIP'),
    isRunning,
    trouble: troubleOf(pod),
    isStuck: containerStatuses(pod).some((one) =>
      STUCK.includes(textAt(one, 'state', 'waiting', 'reason') ?? ''),
    ),
  };
}

/** What a kubelet says of a container that only another pod, or another object, can help (kubernetes: pkg/kubelet/images, pkg/kubelet/kuberuntime). */
const STUCK: readonly string[] = ['InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError'];

function containerStatuses(pod: KubernetesObject) {
  return [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
}

/**
 * The first thing that its cluster names: it is on no node, or a container waits or has ended. What a container printed is not
 * in it.
 */
function troubleOf(pod: KubernetesObject): string | undefined {
  const unscheduled = listAt(pod, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'PodScheduled' && textAt(one, 'status') === 'False',
  );
  if (unscheduled !== undefined) {
    return `it is on no node: ${textAt(unscheduled, 'message') ?? textAt(unscheduled, 'reason') ?? ''}`;
  }
  for (const status of containerStatuses(pod)) {
    const container = `its container ${textAt(status, 'name') ?? ''}`;
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const ended = numberAt(status, 'lastState', 'terminated', 'exitCode');
    if (waiting !== undefined && !['PodInitializing', 'ContainerCreating'].includes(waiting)) {
      const message = textAt(status, 'state', 'waiting', 'message');
      const before = ended === undefined ? '' : `; it ended with ${ended} before`;
      return `${container} waits: ${waiting}${message === undefined ? '' : ` (${message})`}${before}`;
    }
    const code = numberAt(status, 'state', 'terminated', 'exitCode');
    if (code !== undefined && code !== 0) return `${container} ended with ${code}`;
  }
  return undefined;
}

/**
 * What keeps a Deployment from making pods, as far as it may be shown: of a quota and of a Pod Security Standard the words, of
 * anything else the reason alone, because its words may quote what stands in a pod.
 */
export function whyNoPods(deployment: KubernetesObject | undefined): string | undefined {
  const failure = failureOf(deployment);
  return failure === undefined ? undefined : (shownFailure(failure) ?? textAt(failure, 'reason'));
}

/** Whether that is a quota or a Pod Security Standard, which no waiting changes. */
export function mayMakeNoPods(deployment: KubernetesObject | undefined): boolean {
  const failure = failureOf(deployment);
  return failure !== undefined && shownFailure(failure) !== undefined;
}

function failureOf(deployment: KubernetesObject | undefined): Json | undefined {
  return listAt(deployment, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'ReplicaFailure' && textAt(one, 'status') === 'True',
  );
}

function shownFailure(failure: Json): string | undefined {
  return SHOWN_FAILURE.exec(textAt(failure, 'message') ?? '')?.[0];
}

const SHOWN_FAILURE = /exceeded quota: [^;"]{1,300}|violates PodSecurity "[^"]{1,40}": [^;"]{1,300}/;
