import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { Json } from '../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { isRefusal } from '../../errors/refusal-error';
import { listAt, numberAt, textAt, valueAt } from './json-path';
import { reference, type Place } from './names';
import { readObject } from './read-object';
import { readWorkload } from './rekor-workload';

/** The Service before the standing release. Refuses CLUSTER_OBJECT_MISSING. */
export async function readService(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<KubernetesObject> {
  return await readObject(cluster, place.log, reference(place, 'Service', place.service), bounds);
}

/**
 * Where a gate in the cluster reaches the standing release: by the name of its Service, which outlives the one that has it now.
 * Whoever takes a rotation back needs it, so nothing that somebody has done to the Deployment keeps it from being known.
 * Refuses CLUSTER_OBJECT_MISSING where the Service is not there.
 */
export async function serviceUrl(cluster: Cluster, place: Place, bounds: CallBounds): Promise<string> {
  const [service, deployment] = await Promise.all([
    readService(cluster, place, bounds),
    cluster.get(reference(place, 'Deployment', place.deployment), bounds),
  ]);
  return urlOfService(place, service, deployment);
}

/** The same of objects that were read. */
export function urlOfService(
  place: Place,
  service: KubernetesObject,
  deployment: KubernetesObject | undefined,
): string {
  const ports = listAt(service, 'spec', 'ports');
  const leadsToRekor = deployment && portTest(place.log, deployment);
  const port = numberAt((leadsToRekor && ports.find(leadsToRekor)) ?? ports[0], 'port') ?? HTTP_PORT;
  return `http://${place.service}.${place.namespace}.svc${port === HTTP_PORT ? '' : `:${port}`}`;
}

const HTTP_PORT = 80;

/** Whether a port of a Service leads to Rekor; undefined where the Deployment does not say where that listens. */
function portTest(log: string, deployment: KubernetesObject): ((port: Json) => boolean) | undefined {
  try {
    const { container, port } = readWorkload(log, deployment);
    return leadsTo(valueAt(deployment, 'spec', 'template', 'spec', 'containers', container), port);
  } catch (error) {
    if (isRefusal(error, 'WORKLOAD_NOT_ROTATABLE')) return undefined;
    throw error;
  }
}

/** Whether a port of a Service leads to this port of a container, by its number or by the name that the container gives it. */
export function leadsTo(container: Json | undefined, port: number): (servicePort: Json) => boolean {
  const names = listAt(container, 'ports').flatMap((one) =>
    numberAt(one, 'containerPort') === port ? (textAt(one, 'name') ?? []) : [],
  );
  return (one) =>
    [port, ...names].some((target) => target === (valueAt(one, 'targetPort') ?? valueAt(one, 'port')));
}
