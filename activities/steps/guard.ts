import type { Client } from '@temporalio/client';
import type { GuardFacts } from '../../workflows/model/guarding';
import { leftoversOf } from '../../workflows/model/leftovers';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { driftOf } from './drift';
import { seeLeftovers } from './leftovers';
import { lockOwner } from './lock';

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
