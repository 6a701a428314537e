import { setMaxListeners } from 'node:events';
import { allEnded } from '../../../activities/bounds/waiting';
import type { AskedRight, Cluster } from '../../../activities/clients/kubernetes/cluster';
import type { ClusterRequests } from '../../../activities/clients/kubernetes/cluster-requests';
import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import { listAt, textAt, valueAt } from '../../../activities/installation/kubernetes/json-path';
import { imageArchitecture } from '../image';
import { namespacesOf } from '../log/log';
import type { LogShape } from '../log/shape';
import { rightsOfWorker } from '../log/worker';
import type { OpenedCluster } from './access';

/** What a cluster that was there before the lab must be, and let us do. Nothing is changed. */

/**
 * The first minor version of Kubernetes 1 that is good enough: since then `fieldValidation=Strict`, without which a field that a
 * cluster does not know would be lost silently, is there to stay (kubernetes: CHANGELOG-1.27.md).
 */
const OLDEST_MINOR = 27;

/**
 * Refuses CLUSTER_UNREACHABLE and what else a call is refused for; throws an error that says what is missing.
 *
 * @returns the nodes that may get pods of the lab.
 */
export async function requireUsable(
  { cluster, requests }: OpenedCluster,
  shape: LogShape,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await requireVersion(requests, signal);
  await requireRights(cluster, shape, signal);
  return await usableNodes(cluster, signal);
}

async function requireVersion(requests: ClusterRequests, signal: AbortSignal): Promise<void> {
  const request = { verb: 'get', object: 'the version', path: '/version' };
  const { body } = await requests.read(request, { signal });
  const version = textAt(body, 'gitVersion') ?? 'unknown';
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  if (major !== '1' || Number(minor) < OLDEST_MINOR) {
    throw new Error(
      `The cluster runs Kubernetes of version ${version}. The lab needs 1.${OLDEST_MINOR} or later, and was tried with 1.33.`,
    );
  }
}

async function requireRights(cluster: Cluster, shape: LogShape, signal: AbortSignal): Promise<void> {
  const asked = neededRights(shape);
  // Each call listens to it, and all are made at a time.
  setMaxListeners(0, signal);
  const allowed = await allEnded(asked.map((right) => cluster.allows(right, { signal })));
  const missing = asked.filter((_, position) => allowed[position] === false);
  if (missing.length > 0) {
    throw new Error(
      'The cluster does not let us do what the lab does there. Ask for the role cluster-admin, or for these rights:\n' +
        missing.map((right) => `  ${rightText(right)}`).join('\n'),
    );
  }
}

/** All that the lab does: namespaces of its own, and everything in them. */
export function neededRights(shape: LogShape): readonly AskedRight[] {
  const rbac = 'rbac.authorization.k8s.io';
  const inNamespaces = namespacesOf(shape).flatMap((namespace) => [
    ...rightsOn(['create', 'patch'], '', 'configmaps', namespace),
    ...rightsOn(['create', 'patch'], '', 'secrets', namespace),
    ...rightsOn(['create', 'patch', 'get'], '', 'services', namespace),
    ...rightsOn(['create', 'patch', 'get'], 'apps', 'deployments', namespace),
    ...rightsOn(['create', 'get', 'list', 'delete'], '', 'pods', namespace),
    // A WebSocket is opened by GET; later versions ask for both.
    ...rightsOn(['create', 'get'], '', 'pods', namespace, 'portforward'),
  ]);
  const { namespace } = shape.rekor;
  return [
    ...rightsOn(['create', 'get', 'list', 'patch', 'delete'], '', 'namespaces', ''),
    ...rightsOn(['list'], '', 'nodes', ''),
    ...inNamespaces,
    ...rightsOn(['create', 'patch'], '', 'serviceaccounts', namespace),
    ...rightsOn(['create', 'patch'], rbac, 'roles', namespace),
    ...rightsOn(['create', 'patch'], rbac, 'rolebindings', namespace),
    // Nobody gives to a worker what he may not do himself.
    ...rightsOfWorker(shape).map((right) => ({ ...right, namespace })),
  ];
}

function rightsOn(
  verbs: readonly AskedRight['verb'][],
  group: string,
  resource: string,
  namespace: string,
  subresource?: string,
): readonly AskedRight[] {
  return verbs.map((verb) => ({
    ...{ verb, group, resource, namespace },
    ...(subresource !== undefined && { subresource }),
  }));
}

function rightText({ verb, group, resource, subresource, namespace, name }: AskedRight): string {
  const whole = `${resource}${group && `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  const where = namespace === '' ? '' : ` in namespace ${namespace}`;
  return `${verb} ${whole}${name === undefined ? '' : ` ${name}`}${where}`;
}

/** The nodes that may get pods of the lab, which have no say in it. */
async function usableNodes(cluster: Pick<Cluster, 'list'>, signal: AbortSignal): Promise<readonly string[]> {
  const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Node' }, {}, { signal });
  const nodes = items.filter(takesPods);
  if (nodes.length === 0) {
    throw new Error(
      `None of the ${items.length} nodes of the cluster takes pods: each is not ready, cordoned or tainted.`,
    );
  }
  const wanted = `linux/${imageArchitecture()}`;
  const others = nodes.flatMap(({ metadata, status }) => {
    const info = valueAt(status, 'nodeInfo');
    const is = `${textAt(info, 'operatingSystem') ?? ''}/${textAt(info, 'architecture') ?? ''}`;
    return is === wanted ? [] : [`${metadata.name} is ${is}`];
  });
  if (others.length > 0) {
    throw new Error(
      `The images of the lab are made of programs of this machine, for ${wanted}, and ${others.join(', ')}. Name a cluster of ` +
        'such nodes, or cordon the others meanwhile.',
    );
  }
  return nodes.map(({ metadata }) => metadata.name);
}

function takesPods({ spec, status }: KubernetesObject): boolean {
  const ready = listAt(status, 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
  const tainted = listAt(spec, 'taints').some((taint) => textAt(taint, 'effect') !== 'PreferNoSchedule');
  return ready && !tainted && valueAt(spec, 'unschedulable') !== true;
}
