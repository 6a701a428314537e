import { openCluster } from '../activities/clients/kubernetes/cluster';
import { withinTime } from '../activities/bounds/signals';
import { ClusterApi, untilSo } from '../lab/kubernetes/api';
import { makeEdit } from '../lab/kubernetes/log/by-hand';
import { shapes, type ShapeName } from '../lab/kubernetes/log/shapes';
import type { TreeId } from '../workflows/model/log';
import { drainTree, freezeTree, newTree, type TrillianParts } from './trillian';

/** A log on a cluster, for whoever rotates it by hand. */
export interface LogByHand {
  readonly shape: ShapeName;
  readonly kubeconfig: string;
  /** Of the Service of Rekor, past the gate. */
  readonly url: string;
}

/** As whom the edits are noted, so that a plan afterwards names a person as who made them. */
const PERSON = 'kubectl-edit';

/** How long one edit, one answer of Rekor and the start of the pods may take. Milliseconds. */
const EDIT_MS = 15_000;
const ANSWER_MS = 5_000;
const ROLLOUT_MS = 300_000;

/** Where Rekor listens in its pods. */
const REKOR_PORT = 3_000;

/**
 * Rotates a log as people do without rekor-rotate, in the one order that loses nothing: the next tree as `createtree` leaves
 * it, the current one frozen once it is drained, the list, the tree, a rolling restart. A script types faster than a person
 * and knows at once when a tree is drained, so this is the runbook at its best.
 *
 * @returns the tree that the log is served from when every pod serves it.
 */
export async function rotateByHand(
  log: LogByHand,
  parts: TrillianParts,
  report: (line: string) => void,
): Promise<TreeId> {
  const { signal } = parts;
  const shape = shapes[log.shape];
  const served = await shardsServedAt(log.url, signal);
  const said = { displayName: 'by the runbook', description: 'Made by the scripted runbook of the demo.' };
  const next = await newTree(parts, said);
  report(`Runbook: tree ${next} is made; tree ${served.active} is closed, and every write is refused`);
  await drainTree(parts, served.active);
  const size = await freezeTree(parts, served.active);
  report(`Runbook: tree ${served.active} is frozen at ${size} entries; Rekor is configured and restarted`);
  const { kubeconfig } = log;
  const cluster = openCluster({ log: 'runbook', source: { kubeconfig }, fieldManager: PERSON });
  for (const step of shape.byHand({ earlier: [...served.earlier, served.active], active: next })) {
    await makeEdit(cluster, step, { signal, timeoutMs: EDIT_MS });
  }
  await untilRolledOut(log, shape.rekor, next, signal);
  report(`Runbook: every pod serves tree ${next}`);
  return next;
}

/** As `kubectl rollout status`; and since some shapes have no probes, until each pod says that it serves the tree. */
async function untilRolledOut(
  { kubeconfig }: LogByHand,
  { namespace, deployment }: { readonly namespace: string; readonly deployment: string },
  treeId: TreeId,
  signal: AbortSignal,
): Promise<void> {
  const api = ClusterApi.fromFile(kubeconfig);
  const why = (): Promise<string> => api.describeUnready(namespace);
  const what = `Not every pod of ${deployment} serves tree ${treeId}`;
  await untilSo({ what, timeoutMs: ROLLOUT_MS, signal, why }, async () => {
    if (!(await api.isAvailable(namespace, deployment))) return false;
    const pods = await api.podAddresses(namespace, deployment);
    const shards = await Promise.all(
      pods.map((pod) => shardsServedAt(`http://${pod}:${REKOR_PORT}`, signal)),
    );
    return shards.length > 0 && shards.every(({ active }) => active === treeId);
  });
}

interface ServedShards {
  readonly earlier: readonly TreeId[];
  readonly active: TreeId;
}

async function shardsServedAt(url: string, outer: AbortSignal): Promise<ServedShards> {
  return await withinTime(ANSWER_MS, outer, async (signal) => {
    const answer = await fetch(`${url}/api/v1/log`, { signal });
    if (!answer.ok) throw new Error(`${url}/api/v1/log answers ${answer.status}.`);
    const { treeID, inactiveShards } = (await answer.json()) as {
      readonly treeID: TreeId;
      readonly inactiveShards: readonly { readonly treeID: TreeId }[] | null;
    };
    return { active: treeID, earlier: (inactiveShards ?? []).map((shard) => shard.treeID) };
  });
}
