import type { LogShape } from './shape';
import { TEMPORAL } from './temporal';
import { DATABASE_PORT } from './trillian';
import type { ServicePlace, ServicePort, Ways } from './ways';

/** The port of the Service of Rekor, and where it listens in its pods. */
export const REKOR_PORT = 80;
export const REKOR_POD_PORT = 3_000;

/** What the Services of the write gate are called, in the namespace of Rekor. */
export const GATE_SERVICE = 'rekor-gate';
export const GATE_ADMIN_SERVICE = 'rekor-gate-admin';

/** The ports of the Services of the write gate, for clients and for the worker, and where it listens for clients in its pod. */
export const GATE_PORT = 80;
export const GATE_POD_PORT = 3_000;
export const GATE_ADMIN_PORT = 3_100;

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

/** Which `HOST:PORT` leads to this port of a Service. */
export type WayTo = (service: ServiceName, port: number) => string;

/** Each port at its own number. */
export function atHosts(hosts: ServiceHosts): WayTo {
  return (service, port) => `${hosts[service]}:${port}`;
}

/** A port of a Service that somebody outside of the cluster uses. */
export interface OutsidePort extends ServicePort {
  /** The port of its pods that it leads to. */
  readonly podPort: number;
}

/** All of them. */
export function portsFromOutside(shape: LogShape): readonly OutsidePort[] {
  const { temporal, gate, gateAdmin, logServer, signer, database } = servicesOf(shape);
  const { rekor, trillian } = shape;
  const { calls, metrics } = trillian;
  const at = ({ namespace, name }: ServicePlace, port: number, podPort = port): OutsidePort => ({
    ...{ namespace, name, port, podPort },
  });
  return [
    at(temporal, TEMPORAL.port),
    at(temporal, TEMPORAL.uiPort),
    at(gate, GATE_PORT, GATE_POD_PORT),
    at(gateAdmin, GATE_ADMIN_PORT),
    at(logServer, calls),
    at(logServer, metrics),
    at(signer, metrics),
    at(database, DATABASE_PORT),
    at({ namespace: rekor.namespace, name: rekor.service }, REKOR_PORT, REKOR_POD_PORT),
  ];
}

/** The ways of this machine to all of them. */
export async function waysFromHere(ways: Ways, shape: LogShape): Promise<WayTo> {
  const ports = portsFromOutside(shape);
  const found = new Map(
    await Promise.all(ports.map(async (port) => [keyOf(port), await ways.service(port)] as const)),
  );
  const services = servicesOf(shape);
  return (service, port) => {
    const way = found.get(keyOf({ ...services[service], port }));
    if (way === undefined) throw new Error(`Nothing outside of the cluster uses port ${port} of ${service}.`);
    return way;
  };
}

function keyOf({ namespace, name, port }: ServicePort): string {
  return `${namespace}/${name}:${port}`;
}
