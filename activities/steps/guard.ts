import type { Client } from '@temporalio/client';
import type { GuardFacts, Serving } from '../../workflows/model/guarding';
import { leftoversOf } from '../../workflows/model/leftovers';
import type { TreeHead } from '../../workflows/model/log';
import { sourceOfTruth, type Ownership } from '../../workflows/model/ownership';
import { firstIndexAfter } from '../../workflows/model/shards';
import { foundOrRefused } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import { driftOf, type Drift } from './drift';
import { tellGate } from './gate-shards';
import { seeLeftovers, type SeenLeftovers } from './leftovers';
import { lockOwner } from './lock';

/** Everything the guardian looks at. Changes nothing, but that the gate is told what its Rekor must have loaded. */
export async function guard(
  systems: BoundSystems,
  client: Client,
  { log }: { readonly log: string },
): Promise<GuardFacts> {
  const { guard: policy, bounds } = systems;
  const facts = {
    ...{ log, leftovers: [], drift: [], unread: [] },
    ...{ stuckAfterMs: policy.stuckAfterMs, recovers: policy.recover },
  };
  const owner = await lockOwner(client, log, policy.stuckAfterMs);
  if (owner) {
    return { ...facts, owner };
  }
  const { found: seen, refusal: unseen } = await foundOrRefused(() => seeLeftovers(systems));
  if (!seen) {
    return { ...facts, unread: [unseen], owner };
  }
  const head = await foundOrRefused(() => systems.trillian.treeHead(seen.current.treeId, bounds));
  const looked = head.found
    ? await foundOrRefused(async () => {
        const { drift, ...found } = await driftOf(systems, seen);
        return { ...found, drift: [...drift, ...(await tellGate(systems, seen, drift))] };
      })
    : head;
  const { found: ownership } = head.found
    ? await foundOrRefused(() => systems.installation.ownership(bounds.signal))
    : { found: null };
  const inserted = await insertedNow(systems);
  // A rotation that began meanwhile would look like an interrupted one, and what serves would be half told.
  const began = await lockOwner(client, log, policy.stuckAfterMs);
  return {
    ...facts,
    drift: looked.found?.drift ?? [],
    unread: looked.refusal ? [looked.refusal] : [],
    leftovers: leftoversOf(seen),
    owner: began,
    ...(head.found &&
      !began && { serves: servingOf(seen, head.found, { looked: looked.found, ownership, inserted }) }),
  };
}

/** Whether the gate of a log that has one for rotations alone is there now; undefined where it always is, or nobody can tell. */
async function insertedNow({ insertion, bounds }: BoundSystems): Promise<Serving['inserted']> {
  if (!insertion) return undefined;
  const { found } = await foundOrRefused(() => insertion.leadsTo(bounds.signal));
  return found ? { at: insertion.name, now: found === 'gate' } : undefined;
}

interface AlsoLooked {
  readonly looked: Drift | null;
  readonly ownership: Ownership | null;
  readonly inserted: Serving['inserted'];
}

function servingOf(
  { installation, traffic, current, inactive }: SeenLeftovers,
  { size }: TreeHead,
  { looked, ownership, inserted }: AlsoLooked,
): Serving {
  return {
    release: installation.current.name,
    treeId: current.treeId,
    state: current.state,
    size,
    nextIndex: firstIndexAfter(inactive) + size,
    earlierShards: inactive.length,
    ...(traffic.by !== 'service' && { gate: traffic.mode }),
    ...(inserted && { inserted }),
    ...(looked && { instances: looked.instances }),
    ...(ownership && { sourceOfTruth: sourceOfTruth(ownership) }),
  };
}
