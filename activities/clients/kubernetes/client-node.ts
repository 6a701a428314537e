import { createRequire } from 'node:module';

const load = createRequire(__filename);

/** The package, read when a cluster is first spoken to: it takes a third of the time in which a worker of a host would start. */
export function clientNode(): typeof import('@kubernetes/client-node') {
  return load('@kubernetes/client-node') as typeof import('@kubernetes/client-node');
}
