import { isIP } from 'node:net';
import { DENIED, type ClusterReader } from './cluster-reader';
import { serviceName } from './services';

/** What a program in a pod calls, as a worker of another namespace reaches it. */
export type ServiceAddress =
  | {
      readonly host: string;
      /** The Service that it is; undefined for what is none of this cluster, or may not be seen. */
      readonly service?: { readonly namespace: string; readonly name: string };
      /** Nothing says that it is so. */
      readonly isAssumed?: true;
    }
  /** The end of a sentence. */
  | { readonly reason: string };

/** A host as a pod of a namespace finds it by its name server (k8s.io/dns: the search list of a pod). */
export async function serviceAddress(
  reader: ClusterReader,
  host: string,
  namespace: string,
): Promise<ServiceAddress> {
  if (host === 'localhost' || /^127\.|^::1$/.test(host)) {
    return { reason: `${host} is an address inside of its pod` };
  }
  if (isIP(host) !== 0) return { host };
  const [name = '', of, svc, ...rest] = host.replace(/\.$/, '').split('.');
  if (of === undefined) {
    const found = await reader.get('Service', namespace, name);
    if (found === undefined) return { reason: `namespace ${namespace} has no Service ${name}` };
    const service = { namespace, name };
    return { host: serviceName(service), service, ...(found === DENIED && { isAssumed: true }) };
  }
  const service = { namespace: of, name };
  const isInside = svc === 'svc' && (rest.length === 0 || rest.join('.').startsWith('cluster.'));
  if (isInside) return { host: serviceName(service), service };
  // Two names may be a Service and its namespace, or a host of the world outside.
  const found = svc === undefined ? await reader.get('Service', of, name) : undefined;
  if (found === undefined) return { host };
  return found === DENIED ? { host, service, isAssumed: true } : { host: serviceName(service), service };
}
