import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { listAt, textAt } from '../../activities/installation/kubernetes/json-path';
import type { ClusterReader } from './cluster-reader';
import { foundGate, type FoundGate } from './found-gate';
import { serviceName, type FoundService } from './services';
import { workloadsOf } from './workload';

/** The name that our own chart gives to all that it makes (deploy/helm: templates/_names.tpl). */
const CHART = 'rekor-rotate';

/**
 * The gate of a release of our chart, which need not be in the namespace of Rekor. Of such a release there is a RoleBinding in that
 * namespace, whose ServiceAccount is in that of the release. A namespace may have the Rekor of several logs, so the gate must be
 * for this log, or send to its Service.
 */
export async function gateOfChart(
  reader: ClusterReader,
  log: { readonly name: string; readonly namespace: string; readonly service: FoundService | undefined },
): Promise<FoundGate | undefined> {
  const bindings = await reader.listed('RoleBinding', log.namespace);
  const namespaces = new Set(bindings.filter(isOfChart).flatMap(namespacesOf));
  const host = log.service && serviceName(log.service);
  for (const namespace of [...namespaces].filter((one) => one !== log.namespace)) {
    const workloads = await workloadsOf(reader, 'StatefulSet', namespace);
    const gate = await foundGate(reader, workloads, await reader.listed('Service', namespace), log.name);
    const sendsThere = host !== undefined && gate?.firstHost === host;
    if (gate !== undefined && (gate.log === log.name || sendsThere)) return gate;
  }
  return undefined;
}

function isOfChart({ metadata }: KubernetesObject): boolean {
  return textAt(metadata, 'labels', 'app.kubernetes.io/name') === CHART;
}

function namespacesOf(binding: KubernetesObject): readonly string[] {
  return listAt(binding, 'subjects').flatMap((subject) =>
    textAt(subject, 'kind') === 'ServiceAccount' ? (textAt(subject, 'namespace') ?? []) : [],
  );
}

/** What the chart will make for this log, in a release that is called like it and has the namespace of docs/helm.md. */
export function gateOfNextRelease(log: string): { readonly release: string; readonly adminHost: string } {
  // Cut off as the chart does it: templates/_names.tpl.
  const release = log.slice(0, 51).replace(/-$/, '');
  return { release, adminHost: `${release}-gate-admin.${CHART}.svc` };
}
