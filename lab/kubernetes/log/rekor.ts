import { generateKeyPairSync } from 'node:crypto';
import type { TreeId } from '../../../workflows/model/log';
import { httpAnswers } from '../../readiness';
import { hostnameOf } from './configuration';
import type { Installing } from './installing';

const REKOR_PORT = 3_000;

/** The addresses at which this machine reaches the Rekor of a log, past the gate. */
export interface InstalledRekor {
  /** Of its Service. */
  readonly url: string;
  readonly instances: readonly string[];
}

/** Trillian must answer. Returns when each instance serves this tree, with a signing key that no other log has. */
export async function installRekor(
  { api, shape, until }: Installing,
  treeId: TreeId,
  replicas: number,
): Promise<InstalledRekor> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { namespace, deployment, service } = shape.rekor;
  const hostname = hostnameOf(shape);
  await api.apply(shape.rekorManifests({ treeId, signingKey, hostname, replicas }));
  await until('Rekor is not ready', () => api.isAvailable(namespace, deployment));
  const serves = async (what: string, url: string): Promise<string> => {
    await until(`${what} does not answer`, () =>
      httpAnswers(`${url}/api/v1/log`, (status) => status === 200),
    );
    return url;
  };
  // Where the shape has no probes, a pod counts as ready before it listens.
  const pods = await api.podAddresses(namespace, deployment);
  const instances = pods.map((address) => `http://${address}:${REKOR_PORT}`);
  for (const instance of instances) {
    await serves(`Rekor at ${instance}`, instance);
  }
  const url = await serves('The Service of Rekor', `http://${await api.serviceAddress(namespace, service)}`);
  return { url, instances };
}
