import type { Json } from '../../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { refuse } from '../../../errors/refusal-error';
import { listAt, numberAt, textAt, valueAt } from '../json-path';
import { objectInWords, type Place } from '../names';
import { leadsTo } from '../service';
import type { FoundStanding } from '../standing';

/**
 * Whether a change of the selector of the log's Service leads clients to a copy of its Deployment. That it leads to the standing
 * pods, and to no others, is asked for every log.
 *
 * @throws SERVICE_NOT_MOVABLE; OPERATOR_CANNOT where Red Hat's operator makes the Service.
 */
export function requireMovable(
  { log }: Pick<Place, 'log'>,
  service: KubernetesObject,
  standing: Pick<FoundStanding, 'deployment' | 'workload' | 'resource'>,
): void {
  const object = objectInWords(service);
  if (standing.resource !== undefined) {
    const reason = 'it makes this Service, and gives it the selector of before again';
    throw refuse('OPERATOR_CANNOT', { log, object, reason });
  }
  const reason = whyNot(service, standing);
  if (reason !== undefined) throw refuse('SERVICE_NOT_MOVABLE', { log, object, reason });
}

/** What of a Service, as it is written, keeps it from being moved. */
function whyNot(
  service: KubernetesObject,
  { deployment, workload }: Pick<FoundStanding, 'deployment' | 'workload'>,
): string | undefined {
  const bound = whyBound(service, 'a pod of the copy');
  if (bound !== undefined) return bound;
  const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  const ports = listAt(service, 'spec', 'ports');
  if (!ports.some(leadsTo(containers[workload.container], workload.port))) {
    return `none of its ports leads to port ${workload.port}, where Rekor listens`;
  }
  const lost = ports.find((port) => !isThere(port, containers));
  return lost === undefined
    ? undefined
    : `its port ${portInWords(lost)} leads to a port that no container of the pods names`;
}

/**
 * What binds clients of a Service to addresses or nodes, whatever its selector says; undefined where nothing does.
 *
 * @param pod what it would be led to, in words.
 */
export function whyBound(service: KubernetesObject, pod: string): string | undefined {
  const at = (name: string): string | undefined => textAt(service, 'spec', name);
  if (at('clusterIP') === 'None') {
    return 'it is headless, so clients keep the addresses of pods for as long as their name server lets them';
  }
  const policy = (['externalTrafficPolicy', 'internalTrafficPolicy'] as const).find(
    (name) => at(name) === 'Local',
  );
  return policy && `its ${policy} is Local, so that nodes without ${pod} would drop requests`;
}

/** A number leads into every pod; a name only to a container that has it. */
function isThere(servicePort: Json, containers: readonly Json[]): boolean {
  const target = valueAt(servicePort, 'targetPort');
  const names = containers.flatMap((one) =>
    listAt(one, 'ports').flatMap((port) => textAt(port, 'name') ?? []),
  );
  return typeof target !== 'string' || names.includes(target);
}

/** A port of a Service, for people: its name, else its number. */
export function portInWords(port: Json): string {
  return textAt(port, 'name') ?? String(numberAt(port, 'port') ?? '');
}
