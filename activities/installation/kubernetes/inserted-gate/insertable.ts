import type { Instance } from '../../../../workflows/model/log';
import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { refuse } from '../../../errors/refusal-error';
import { whyLeadsElsewhere } from '../following';
import { listAt, objectAt, textAt, textsOf } from '../json-path';
import { objectInWords, type InsertedServices, type Place } from '../names';
import { instanceOf, labelledPods } from '../pods';
import { leadsTo } from '../service';
import type { FoundStanding } from '../standing';
import { portInWords, whyBound } from '../without-gate/movable';

/** A gate that is inserted for a rotation. */
export interface InsertedGate extends InsertedServices {
  /** Where it listens for clients in its pod. */
  readonly gatePort: number;
}

/**
 * Whether a change of its selector leads clients of a Service to the gate, and one back leads them to Rekor.
 *
 * @throws GATE_NOT_INSERTABLE; OPERATOR_CANNOT where Red Hat's operator runs the log.
 */
export async function requireLeadable(
  cluster: Cluster,
  place: Place,
  service: KubernetesObject,
  standing: FoundStanding,
  bounds: CallBounds,
): Promise<void> {
  const { log } = place;
  requireNoOperator(place, service, standing);
  const reason =
    whyBound(service, 'the pod of the gate') ??
    (await whyLeadsElsewhere(cluster, place, service, standing.deployment, bounds)) ??
    whyPorts(service, standing);
  if (reason !== undefined) {
    throw refuse('GATE_NOT_INSERTABLE', { log, service: objectInWords(service), reason });
  }
}

/** Refuses OPERATOR_CANNOT where Red Hat's operator runs the log. */
export function requireNoOperator(
  { log }: Pick<Place, 'log'>,
  service: KubernetesObject,
  { resource }: Pick<FoundStanding, 'resource'>,
): void {
  if (resource === undefined) return;
  const reason = 'it makes the Service of clients, and gives it the selector of before again';
  throw refuse('OPERATOR_CANNOT', { log, object: objectInWords(service), reason });
}

/** One selector leads all ports, and the gate listens for requests to Rekor alone. */
function whyPorts(service: KubernetesObject, { deployment, workload }: FoundStanding): string | undefined {
  const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  const isOfRequests = leadsTo(containers[workload.container], workload.port);
  const lost = listAt(service, 'spec', 'ports').find((port) => !isOfRequests(port));
  return lost === undefined
    ? undefined
    : `its port ${portInWords(lost)} does not lead to port ${workload.port}, where Rekor takes requests, so the gate does not listen for it; give that port to another Service`;
}

/** The pod of the gate, which its own Service finds. Refuses GATE_NOT_READY unless there is one, and it is ready. */
export async function readyGate(
  cluster: Cluster,
  place: Place,
  gateService: KubernetesObject,
  port: number,
  bounds: CallBounds,
): Promise<Instance> {
  const name = objectInWords(gateService);
  const fail = (reason: string): Error => refuse('GATE_NOT_READY', { log: place.log, gate: name, reason });
  const selector = textsOf(objectAt(gateService, 'spec', 'selector'));
  if (Object.keys(selector).length === 0) throw fail('it has no selector, so that nothing tells its pod');
  const pods = await labelledPods(cluster, place, selector, bounds);
  const [pod] = pods;
  if (pod === undefined || pods.length > 1) {
    throw fail(`it finds ${pods.length} pods, and a log has one gate`);
  }
  const isReady = listAt(pod, 'status', 'conditions').some(
    (one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True',
  );
  const address = textAt(pod, 'status', 'podIP');
  const instance = instanceOf({ name: pod.metadata.name, address }, port);
  if (!isReady || !instance) throw fail(`its pod ${pod.metadata.name} is not ready`);
  return { ...instance, field: 'gate.service' };
}
