import type { Json } from '../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import {
  listAt,
  numberAt,
  objectAt,
  textAt,
  textsOf,
} from '../../activities/installation/kubernetes/json-path';
import { leadsTo } from '../../activities/installation/kubernetes/service';
import { valueOf } from '../../programs/variables';
import type { ContainerProgram } from './container-program';
import type { Workload } from './workload';

/** A port of a Service that leads to a port of a container. */
export interface FoundService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly object: KubernetesObject;
  /** Other Services that lead there, too. */
  readonly rivals: readonly string[];
}

/** The name of a Service, which pods of every namespace find. */
export function serviceName({ namespace, name }: Pick<FoundService, 'namespace' | 'name'>): string {
  return `${name}.${namespace}.svc`;
}

/** A Service as the base of URLs. */
export function serviceUrl(service: Pick<FoundService, 'namespace' | 'name' | 'port'>): string {
  return `http://${serviceName(service)}${service.port === 80 ? '' : `:${service.port}`}`;
}

/** Whether a Service sends to the pods of a workload. */
export function selects(service: KubernetesObject, { labels, namespace }: Workload): boolean {
  const selector = Object.entries(textsOf(objectAt(service, 'spec', 'selector')));
  const isNear = service.metadata.namespace === namespace;
  return isNear && selector.length > 0 && selector.every(([label, value]) => textAt(labels, label) === value);
}

/**
 * The Service that leads to a port of a container. Of several that with the name of the workload; one without an address of its
 * own, which leads to ports of pods as they are, only where there is no other.
 */
export function serviceLeadingTo(
  services: readonly KubernetesObject[],
  { workload, container }: { readonly workload: Workload; readonly container: Json },
  port: number,
): FoundService | undefined {
  const isWanted = leadsTo(container, port);
  const leading = services
    .filter((service) => selects(service, workload))
    .flatMap((object) => {
      const own = listAt(object, 'spec', 'ports').find(isWanted);
      const number = numberAt(own, 'port');
      if (number === undefined) return [];
      const isHeadless = textAt(object, 'spec', 'clusterIP') === 'None';
      return [{ object, name: object.metadata.name, port: isHeadless ? port : number, isHeadless }];
    })
    .sort((one, other) => rank(one, workload) - rank(other, workload));
  const [first, ...rest] = leading;
  return (
    first && {
      ...{ namespace: workload.namespace, name: first.name, port: first.port, object: first.object },
      rivals: rest.map(({ name }) => name),
    }
  );
}

function rank({ name, isHeadless }: { name: string; isHeadless: boolean }, workload: Workload): number {
  return (isHeadless ? 2 : 0) + (name === workload.name ? 0 : 1);
}

/** Where Rekor listens unless `--port` says another (rekor: cmd/rekor-server/app/serve.go). */
const REKOR_PORT = '3000';

/** The Service before the pods of a Rekor. */
export function serviceOf(
  rekor: ContainerProgram,
  services: readonly KubernetesObject[],
): FoundService | undefined {
  const port = Number(rekor.flags.has('port') ? (valueOf(rekor, 'port') ?? NaN) : REKOR_PORT);
  return serviceLeadingTo(services, rekor, port);
}
