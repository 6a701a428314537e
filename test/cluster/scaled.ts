import { openCluster } from '../../activities/clients/kubernetes/cluster';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog } from '../../lab/configuration';

/** A person gives a Deployment another number of pods; whether they are there is another question. */
export async function scale(
  kubeconfig: string,
  deployment: { readonly namespace: string; readonly name: string },
  pods: number,
): Promise<void> {
  const cluster = openCluster({ log: labLog, source: { kubeconfig }, fieldManager: 'a-person' });
  const bounds = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', ...deployment };
  const operation = { op: 'replace', path: '/spec/replicas', value: pods } as const;
  // Its status may come between, with each pod that comes or goes.
  await until(`${pods} pods of ${deployment.name}`, PATIENCE_MS, async () => {
    const found = await cluster.get(reference, bounds());
    await cluster.patch(reference, found?.metadata.resourceVersion ?? '', [operation], bounds());
    return true;
  });
}
