import { generateKeyPairSync } from 'node:crypto';
import type { TreeId } from '../../../workflows/model/log';
import { hostnameOf } from './configuration';
import { untilServed, type Installing } from './installing';
import { REKOR_POD_PORT, REKOR_PORT } from './services';
import { signingKeySecret, type Generator, type RekorSettings } from './shape';
import { httpAt } from './ways';

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
  const { api, ways, shape, until } = installing;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { namespace, deployment, service } = shape.rekor;
  const hostname = hostnameOf(shape);
  const settings = { treeId, signingKey, hostname, replicas };
  if (shape.generator === undefined) {
    await api.apply(shape.rekorManifests(settings));
  } else {
    await installGenerated(installing, shape.generator, settings);
  }
  await until('Rekor is not ready', () => api.isAvailable(namespace, deployment));
  // Where the shape has no probes, a pod counts as ready before it listens.
  const instances = (await ways.pods(namespace, deployment, REKOR_POD_PORT)).map(httpAt);
  for (const instance of instances) {
    await untilServed(installing, `Rekor at ${instance}`, instance);
  }
  const url = httpAt(await ways.service({ namespace, name: service, port: REKOR_PORT }));
  await untilServed(installing, 'The Service of Rekor', url);
  return { url, instances };
}

/** A program in the cluster makes the rest of what is written here. */
async function installGenerated(
  { api, shape, until }: Installing,
  { definitions, manifests, resource }: Generator,
  settings: RekorSettings,
): Promise<void> {
  // Part of a definition is lost on a client that knows its kind by another spelling.
  for (const definition of definitions) await api.applyExactly(definition);
  const object = resource(settings);
  await until(`${object.kind} is no kind of the cluster`, () => api.hasKind(object));
  await api.apply([signingKeySecret(shape.rekor.namespace, settings.signingKey), ...manifests]);
  await api.applyExactly(object);
}
