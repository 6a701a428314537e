import { openNamespace } from '../../../init/kubernetes/open-namespace';
import { initialConfiguration } from '../../../init/kubernetes/configuration';
import { searchNamespace, type FoundLog, type Wanted } from '../../../init/kubernetes/search';
import { PATIENCE_MS } from '../../../harness/waiting';
import type { Manifest } from '../../../lab/kubernetes/api';
import { apiServer, failure, pathOf, type ApiServer } from '../../activities/clients/kubernetes/api-server';
import { kubeconfig } from '../../activities/clients/kubernetes/kubeconfigs';

/** A cluster of objects: what `init --namespace` reads, by the real client. */
export interface PlantedCluster {
  readonly server: ApiServer;
  readonly kubeconfig: string;
}

const open: ApiServer[] = [];

export async function plantedCluster(objects: readonly Manifest[]): Promise<PlantedCluster> {
  const server = await apiServer();
  open.push(server);
  const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  const own = [...namespaces].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  for (const object of [...own, ...objects]) server.objects.set(pathOf(object), JSON.stringify(object));
  return { server, kubeconfig: kubeconfig(server) };
}

/** Ends those that were planted; for the end of each test. */
export async function uproot(): Promise<void> {
  await Promise.all(open.splice(0).map((server) => server.close()));
}

/** Lets it refuse what is asked for at these paths. */
export function forbid({ server }: PlantedCluster, ...paths: readonly RegExp[]): void {
  server.interfere = ({ path }, response) => {
    if (!paths.some((one) => one.test(path))) return undefined;
    failure(response, 403, 'Forbidden', 'it is forbidden');
    return true;
  };
}

export async function searched(
  { kubeconfig: file }: PlantedCluster,
  wanted: Partial<Wanted> & Pick<Wanted, 'namespace'>,
): Promise<FoundLog> {
  const cluster = openNamespace('production', { kubeconfig: file });
  const bounds = { signal: AbortSignal.timeout(PATIENCE_MS) };
  return await searchNamespace(cluster, { log: 'production', ...wanted }, bounds);
}

/** What is written of a namespace, and what is left to do. */
export async function initOf(planted: PlantedCluster, wanted: Partial<Wanted> & Pick<Wanted, 'namespace'>) {
  return initialConfiguration('production', await searched(planted, wanted), {});
}
