import type { Client } from '@temporalio/client';
import type { GuardFacts } from '../../workflows/model/guarding';
import { leftoversOf } from '../../workflows/model/leftovers';
import type { TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { differencesFrom } from '../../workflows/model/shards';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { seeLeftovers, type SeenLeftovers } from './leftovers';
import { lockOwner } from './lock';
import { handedOver } from './next-tree-content';

/** Everything the guardian looks at. Reads only. */
export async function guard(
  systems: LogSystems,
  client: Client,
  { log }: { readonly log: string },
  attempt: Attempt,
): Promise<GuardFacts> {
  const { guard: policy } = systems;
  const facts = {
    ...{ log, leftovers: [], drift: [], unread: [] },
    ...{ stuckAfterMs: policy.stuckAfterMs, recovers: policy.recover },
  };
  const owner = await lockOwner(client, log);
  if (owner) {
    return { ...facts, owner };
  }
  try {
    const seen = await seeLeftovers(systems, attempt);
    const drift = await driftOf(systems, seen, attempt);
    // A rotation that began meanwhile would look like an interrupted one.
    return { ...facts, owner: await lockOwner(client, log), leftovers: leftoversOf(seen), drift };
  } catch (error) {
    if (error instanceof RefusalError) {
      return { ...facts, owner: null, unread: [error.refusal] };
    }
    throw error;
  }
}

/** What would let an index be signed twice, or stops writes, though no rotation runs (H8, H10). */
async function driftOf(systems: LogSystems, seen: SeenLeftovers, attempt: Attempt): Promise<Refusal[]> {
  const { log, trillian } = systems;
  const { current, installation, inactive, marked } = seen;
  const found: Refusal[] = [];
  if (current.state !== 'ACTIVE') {
    found.push(refusal('SERVING_TREE_CLOSED', { log, tree: current.treeId, state: current.state }));
  }
  const ofLog = new Set([...inactive.map(({ treeId }) => treeId), ...marked.map(({ treeId }) => treeId)]);
  for (const { treeId, state } of await trillian.listTrees(attempt)) {
    if (state === 'ACTIVE' && treeId !== current.treeId && ofLog.has(treeId)) {
      found.push(refusal('INACTIVE_TREE_ACTIVE', { log, tree: treeId }));
    }
  }
  for (const instance of installation.currentInstances) {
    const loaded = await systems.rekor.log(instance, attempt.signal);
    const differences = differencesFrom(loaded, installation.activeTreeId, inactive);
    if (differences.length > 0) {
      found.push(refusal('INSTANCE_DIFFERS', { log, instance: instance.name, differences }));
    }
    const shards = [...loaded.inactive.map(({ treeId }) => treeId), loaded.activeTreeId];
    found.push(...(await listDrift(systems, `Rekor ${instance.name}`, shards, attempt)));
  }
  const configured = [...inactive.map(({ treeId }) => treeId), installation.activeTreeId];
  found.push(
    ...(await listDrift(systems, `The configuration of ${installation.current}`, configured, attempt)),
  );
  return found;
}

/**
 * A shard's handover leaf tells which tree came before it: the one thing about the list that a stale deploy cannot take
 * back (H10). Trees that no rotation made say nothing.
 */
async function listDrift(
  systems: LogSystems,
  where: string,
  shards: readonly TreeId[],
  attempt: Attempt,
): Promise<Refusal[]> {
  const found: Refusal[] = [];
  const marked = new Set(
    markedTrees(await systems.trillian.listTrees(attempt), systems.log).map(({ treeId }) => treeId),
  );
  for (const [position, treeId] of shards.entries()) {
    const handover = marked.has(treeId) ? await handedOver(systems, treeId, attempt) : null;
    const before = shards[position - 1];
    if (!handover) {
      continue;
    }
    const { treeId: expected, size } = handover.end;
    const length = before === expected ? (await systems.trillian.treeHead(before, attempt)).size : undefined;
    if (length !== size) {
      found.push(
        refusal('LIST_DRIFTED', {
          ...{ log: systems.log, where, tree: treeId },
          expected: `tree ${expected} with ${size} entries`,
          found: before === undefined ? 'nothing' : `tree ${before} with ${length ?? 'other'} entries`,
        }),
      );
    }
  }
  return found;
}
