import type { Client } from '@temporalio/client';
import type { GuardFacts } from '../../workflows/model/guarding';
import { leftoversOf } from '../../workflows/model/leftovers';
import type { Refusal } from '../../workflows/model/refusals';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { driftOf } from './drift';
import { seeLeftovers } from './leftovers';
import { lockOwner } from './lock';

/** Everything the guardian looks at. Changes nothing, but that a retired tree without a root gets one. */
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
  const seen = await readOrSaid(() => seeLeftovers(systems, attempt));
  if ('unread' in seen) {
    return { ...facts, ...seen, owner };
  }
  const found = await readOrSaid(async () => ({ drift: await driftOf(systems, seen, attempt) }));
  // A rotation that began meanwhile would look like an interrupted one.
  return { ...facts, ...found, leftovers: leftoversOf(seen), owner: await lockOwner(client, log) };
}

/** What was read, or why it could not be. */
async function readOrSaid<Found extends object>(
  read: () => Promise<Found>,
): Promise<Found | { readonly unread: readonly Refusal[] }> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RefusalError) {
      return { unread: [error.refusal] };
    }
    throw error;
  }
}
