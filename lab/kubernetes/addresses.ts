/**
 * The addresses of a cluster. They lie in 198.18.0.0/15, which is set aside for tests of network devices (RFC 2544) and so
 * belongs to nobody whom this machine talks to. A machine may have 256 clusters, each with a number of its own.
 */
export interface ClusterAddresses {
  /** The interface at which this machine reaches the cluster; its name says the number, so that it can be had only once. */
  readonly interfaceName: string;
  /** This machine, as seen from the cluster. */
  readonly host: string;
  /** The node: the API server listens here. */
  readonly node: string;
  /** Prefix length of the net that holds these two alone. */
  readonly linkPrefix: number;
  readonly pods: string;
  readonly services: string;
  /** The Service `kubernetes`: the first address, which Kubernetes takes by itself. */
  readonly apiService: string;
  readonly nameService: string;
  /** All of it, in which nothing else of this machine may lie. */
  readonly ranges: readonly string[];
}

export const CLUSTERS = 256;

/** The port of the API server. */
export const API_PORT = 6443;

export function addressesOf(cluster: number): ClusterAddresses {
  const at = (last: number): string => `198.18.${cluster}.${last}`;
  const service = (last: number): string => `198.19.${cluster}.${last}`;
  return {
    interfaceName: `rekor-lab${cluster}`,
    node: at(1),
    host: at(2),
    linkPrefix: 30,
    pods: `${at(128)}/25`,
    services: `${service(0)}/24`,
    apiService: service(1),
    nameService: service(10),
    ranges: [`${at(0)}/24`, `${service(0)}/24`],
  };
}
