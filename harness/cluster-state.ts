import { writeExactJson, type JsonObject } from '../activities/clients/kubernetes/exact-json';
import type { ObjectKind } from '../activities/clients/kubernetes/objects';
import { textAt } from '../activities/installation/kubernetes/json-path';
import type { ClusterApi } from '../lab/kubernetes/api';
import type { ClusterLog } from '../lab/kubernetes/record';
import { objectsIn } from './cluster-objects';
import { sectionOf } from './cluster-worker';
import { gateAdmin } from './gate-admin';
import { shardsAt, type LogState } from './log-state';
import type { TrillianTrees } from './trillian-trees';

/** A log on a cluster, and how it is looked at past every proxy. */
export interface LookedAt {
  readonly log: ClusterLog;
  readonly api: ClusterApi;
  readonly kubeconfig: string;
  readonly trees: TrillianTrees;
  /** Where clients reach it. */
  readonly url: string;
  /** Kinds of objects that are looked at as well. */
  readonly kinds: readonly ObjectKind[];
  /** What keeps the last order of a log without a gate: a Lease, of which the mode alone must be as before. Absent: a gate does. */
  readonly fence?: string;
}

/** Everything of a log on a cluster that a rotation may change. Its files are the objects of its namespace, each field of them. */
export async function clusterState(looked: LookedAt): Promise<LogState> {
  const { log, api, kubeconfig, trees, url, kinds, fence } = looked;
  const { [`Lease ${fence ?? ''}`]: lease, ...objects } = await objectsIn(kubeconfig, log.namespace, kinds);
  const deployments = Object.keys(objects).flatMap((name) => /^Deployment (.+)/.exec(name)?.[1] ?? []);
  const running = await Promise.all(
    deployments.map(async (name) => ((await api.isAvailable(log.namespace, name)) ? [name] : [])),
  );
  return {
    trees: await trees.list(),
    gate: fence === undefined ? await gateOf(log) : { mode: modeIn(lease), slot: 'as its Service says' },
    runningSlots: running.flat(),
    files: Object.fromEntries(
      Object.entries(objects).map(([name, object]) => [name, writeExactJson(object)]),
    ),
    shards: await shardsAt(url),
  };
}

async function gateOf(log: ClusterLog): Promise<LogState['gate']> {
  const { gate } = sectionOf(log);
  if (!gate) throw new Error('The configuration has no gate.');
  const { mode, instances } = await gateAdmin(gate.adminAddress, gate.token.file).state();
  return { mode, slot: instances.join() };
}

/** What a Lease says that no order has come to is what it says after the last one. */
function modeIn(lease: JsonObject | undefined): string {
  return textAt(lease, 'metadata', 'annotations', 'rekor-rotate/order-mode') ?? 'pass';
}
