import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { refuse } from '../../errors/refusal-error';
import { listAt, numberAt, textAt, valueAt } from './json-path';
import { inWords, reference, type Place } from './names';
import type { Standing } from './next-objects';
import { readObject } from './standing';

/**
 * Where a gate in the cluster reaches the standing release: by the name of its Service, which outlives the one that has it now.
 * Refuses CLUSTER_OBJECT_MISSING, and WORKLOAD_NOT_ROTATABLE for a Service of which no port leads to Rekor.
 */
export async function serviceUrl(
  cluster: Cluster,
  place: Place,
  { deployment, workload }: Standing,
  bounds: CallBounds,
): Promise<string> {
  const { log, namespace } = place;
  const name = reference(place, 'Service', place.service);
  const service = await readObject(cluster, log, name, bounds);
  const container = listAt(deployment, 'spec', 'template', 'spec', 'containers')[workload.container];
  const portNames = listAt(container, 'ports')
    .filter((port) => numberAt(port, 'containerPort') === workload.port)
    .flatMap((port) => textAt(port, 'name') ?? []);
  const port = listAt(service, 'spec', 'ports').find((one) => {
    const target = valueAt(one, 'targetPort') ?? valueAt(one, 'port');
    return target === workload.port || portNames.some((portName) => portName === target);
  });
  const number = numberAt(port, 'port');
  if (number === undefined) {
    const reason = `none of its ports leads to port ${workload.port}, where Rekor listens`;
    throw refuse('WORKLOAD_NOT_ROTATABLE', { log, object: inWords(name), reason });
  }
  return `http://${place.service}.${namespace}.svc${number === 80 ? '' : `:${number}`}`;
}
