import type { Cluster } from '../../activities/clients/kubernetes/cluster';
import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import { PATIENCE_MS, until } from '../../harness/waiting';

/** Deletes objects that are there, and waits until they are gone. */
export async function remove(cluster: Cluster, objects: readonly ObjectReference[]): Promise<void> {
  const bounds = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  for (const one of objects) {
    const { uid = '' } = (await cluster.get(one, bounds()))?.metadata ?? {};
    await cluster.delete(one, { uid }, bounds());
  }
  await until('the objects to be gone', PATIENCE_MS, async () => {
    const found = await Promise.all(objects.map((one) => cluster.get(one, bounds())));
    return found.every((one) => one === undefined);
  });
}
