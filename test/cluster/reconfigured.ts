import { parse, stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../activities/clients/kubernetes/exact-json';
import { objectAt, textAt } from '../../activities/installation/kubernetes/json-path';
import { objectsIn } from '../../harness/cluster-objects';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog } from '../../lab/configuration';
import type { ClusterApi } from '../../lab/kubernetes/api';

const NAME = 'rekor-rotate';
const FILE = 'rekor-rotate.yaml';

interface OnCluster {
  readonly api: ClusterApi;
  readonly kubeconfig: string;
  readonly namespace: string;
}

/** Changes the section of the log in the configuration that the gate and the worker of a cluster read. */
export async function changeConfiguration(
  { api, kubeconfig, namespace }: OnCluster,
  change: (section: JsonObject) => JsonObject,
): Promise<void> {
  const found = (await objectsIn(kubeconfig, namespace))[`ConfigMap ${NAME}`];
  const written = parse(textAt(found, 'data', FILE) ?? '') as Json;
  if (!isJsonObject(written)) throw new Error(`ConfigMap ${namespace}/${NAME} has no configuration.`);
  const changed = { ...written, logs: { [labLog]: change(objectAt(written, 'logs', labLog)) } };
  const data = { [FILE]: stringify(changed, { lineWidth: 0 }) };
  await api.apply([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: NAME }, data }]);
}

/** The pods of a Deployment end, and others, which read their configuration anew, are ready in their place. */
export async function startAnew(
  { api, namespace }: Pick<OnCluster, 'api' | 'namespace'>,
  deployment: string,
): Promise<void> {
  const before = await api.podAddresses(namespace, deployment);
  await api.deletePods(namespace, deployment);
  await until(`other pods of ${deployment}`, PATIENCE_MS, async () => {
    const now = await api.podAddresses(namespace, deployment);
    return now.some((one) => !before.includes(one)) && (await api.isAvailable(namespace, deployment));
  });
}
