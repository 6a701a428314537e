import { generateKeyPairSync } from 'node:crypto';
import type { TreeId } from '../../../workflows/model/log';
import { hostnameOf } from './configuration';
import { untilServed, type Installing } from './installing';

const REKOR_PORT = 3_000;

/** The addresses at which this machine reaches the Rekor of a log, past the gate. */
export interface InstalledRekor {
  /** Of its Service. */
  readonly url: string;
  readonly instances: readonly string[];
}

/** Trillian must answer. Returns when each instance serves this tree, with a signing key that no other log has. */
export async function installRekor(
  installing: Installing,
  treeId: TreeId,
  replicas: number,
): Promise<InstalledRekor> {
  const { api, shape, until } = installing;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { namespace, deployment, service } = shape.rekor;
  const hostname = hostnameOf(shape);
  await api.apply(shape.rekorManifests({ treeId, signingKey, hostname, replicas }));
  await until('Rekor is not ready', () => api.isAvailable(namespace, deployment));
  // Where the shape has no probes, a pod counts as ready before it listens.
  const pods = await api.podAddresses(namespace, deployment);
  const instances = pods.map((address) => `http://${address}:${REKOR_PORT}`);
  for (const instance of instances) {
    await untilServed(installing, `Rekor at ${instance}`, instance);
  }
  const url = `http://${await api.serviceAddress(namespace, service)}`;
  await untilServed(installing, 'The Service of Rekor', url);
  return { url, instances };
}
