/** A Service by its place in the cluster. */
export interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}

/** A port of a Service. */
export interface ServicePort extends ServicePlace {
  readonly port: number;
}

/** How this machine reaches what is in a cluster. */
export interface Ways {
  /** `HOST:PORT` that leads to a port of a Service, which must be there. */
  service(port: ServicePort): Promise<string>;
  /** `HOST:PORT` of each pod of a Deployment that runs; none where this machine reaches no pod by itself. */
  pods(namespace: string, deployment: string, port: number): Promise<readonly string[]>;
}

/** `http://HOST:PORT`, without the port where it is that of http. */
export function httpAt(address: string): string {
  return new URL(`http://${address}`).origin;
}
