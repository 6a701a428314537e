import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { listAt, textAt } from '../../activities/installation/kubernetes/json-path';
import { joined } from '../address';
import type { ClusterReader } from './cluster-reader';
import type { FoundGate } from './found-gate';
import type { FoundService } from './services';

/** A way by which clients reach the log from outside. */
export interface Front {
  /** For people: `Ingress rekor`. */
  readonly words: string;
  readonly url: string;
  /** Whether it leads to the gate, and not past it. */
  readonly isGate: boolean;
}

interface Backends {
  readonly service: FoundService | undefined;
  readonly gate: Pick<FoundGate, 'service'> | undefined;
}

/** The fronts of a log, those that lead to the gate first: each Ingress, and each Service with an address outside. */
export async function frontsIn(
  reader: ClusterReader,
  namespace: string,
  { service, gate }: Backends,
): Promise<Front[]> {
  // An Ingress leads to Services of its own namespace alone, and the gate may have one of its own.
  const ofGate = gate?.service === undefined ? [] : [gate.service];
  const backends = [
    ...ofGate.map((backend) => ({ backend, isGate: true })),
    ...(service === undefined ? [] : [{ backend: service, isGate: false }]),
  ];
  const namespaces = [...new Set([namespace, ...ofGate.map((one) => one.namespace)])];
  const ingresses = (await Promise.all(namespaces.map((one) => reader.listed('Ingress', one)))).flat();
  return backends.flatMap(({ backend, isGate }) => [
    ...ingresses
      .filter(({ metadata }) => metadata.namespace === backend.namespace)
      .flatMap((ingress) =>
        hostsOf(ingress, backend.name).map((host): Front => ({
          words: `Ingress ${ingress.metadata.name}`,
          url: `${isEncrypted(ingress, host) ? 'https' : 'http'}://${host}`,
          isGate,
        })),
      ),
    ...balancersOf(backend).map((url): Front => ({ words: `Service ${backend.name}`, url, isGate })),
  ]);
}

/** The hosts that an Ingress has for a Service; a pattern of hosts is none. */
function hostsOf(ingress: KubernetesObject, service: string): string[] {
  return listAt(ingress, 'spec', 'rules').flatMap((rule) => {
    const host = textAt(rule, 'host') ?? '';
    const leadsThere = listAt(rule, 'http', 'paths').some(
      (path) => textAt(path, 'backend', 'service', 'name') === service,
    );
    return leadsThere && /^[a-z0-9][a-z0-9.-]*$/.test(host) ? [host] : [];
  });
}

function isEncrypted(ingress: KubernetesObject, host: string): boolean {
  return listAt(ingress, 'spec', 'tls').some((one) => {
    const hosts = listAt(one, 'hosts');
    const parent = host.replace(/^[^.]+/, '*');
    return hosts.length === 0 || hosts.includes(host) || hosts.includes(parent);
  });
}

function balancersOf({ object, port }: FoundService): string[] {
  return listAt(object, 'status', 'loadBalancer', 'ingress').flatMap((one) => {
    const host = textAt(one, 'hostname') ?? textAt(one, 'ip');
    return host === undefined ? [] : [`http://${joined(host, port).replace(/:80$/, '')}`];
  });
}
