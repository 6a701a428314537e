import type { ClusterApi } from '../api';
import type { LogShape } from './shape';
import { TEMPORAL } from './temporal';

/** A Service by its place in the cluster. */
export interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}

/** What the Services of the write gate are called, in the namespace of Rekor. */
export const GATE_SERVICE = 'rekor-gate';
export const GATE_ADMIN_SERVICE = 'rekor-gate-admin';

export type ServiceName = 'temporal' | 'gate' | 'gateAdmin' | 'logServer' | 'signer' | 'database';

/** The Services that a rotation needs. */
export function servicesOf({ trillian, rekor }: LogShape): Readonly<Record<ServiceName, ServicePlace>> {
  const { namespace } = trillian;
  return {
    temporal: TEMPORAL,
    gate: { namespace: rekor.namespace, name: GATE_SERVICE },
    gateAdmin: { namespace: rekor.namespace, name: GATE_ADMIN_SERVICE },
    logServer: { namespace, name: trillian.logServer },
    signer: { namespace, name: trillian.signer },
    database: { namespace, name: trillian.database },
  };
}

/** The host of each Service: a name or an address. */
export type ServiceHosts = Readonly<Record<ServiceName, string>>;

/** The name of a Service, which pods of every namespace find. */
export function nameOf({ namespace, name }: ServicePlace): string {
  return `${name}.${namespace}.svc`;
}

/** As pods reach them: by name. */
export function hostsInside(shape: LogShape): ServiceHosts {
  const services = Object.entries(servicesOf(shape));
  return Object.fromEntries(services.map(([key, place]) => [key, nameOf(place)])) as ServiceHosts;
}

/** As this machine reaches them, which asks another name server: by address. The Services must be there. */
export async function hostsOutside(api: ClusterApi, shape: LogShape): Promise<ServiceHosts> {
  const services = Object.entries(servicesOf(shape));
  const hosts = services.map(
    async ([key, { namespace, name }]) => [key, await api.serviceAddress(namespace, name)] as const,
  );
  return Object.fromEntries(await Promise.all(hosts)) as ServiceHosts;
}
