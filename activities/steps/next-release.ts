import { REHEARSAL_MS } from '../../workflows/model/deadlines';
import type { AttemptInput, ExposedInput } from '../../workflows/model/actions';
import type { Instance, TreeId } from '../../workflows/model/log';
import type { ActivityBounds } from '../bounds/activity-bounds';
import { refuse, type RefusalError } from '../errors/refusal-error';
import type { LogSystems } from '../systems';
import { pause } from '../bounds/waiting';
import { isExposed, requireOurs } from './ownership';
import { requireSameService } from './served-identity';
import { servedLog, type Patience } from './served-log';

/** A started process may take this long, in milliseconds, until whoever runs it says that it runs. */
const SETTLING_MS = 1_000;

/** How often a rehearsed release is looked at, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * Writes the next release and rehearses its start, so that one which cannot start costs no client anything. It serves
 * nobody, and its tree is closed: whatever it says of the current tree's length is true and used by no one.
 */
export async function stage(systems: LogSystems, input: AttemptInput, bounds: ActivityBounds): Promise<void> {
  const { installation } = systems;
  const { release, identity } = input;
  await requireOurs(systems, identity, bounds);
  if (await isExposed(systems, input, bounds)) {
    throw refuse('ALREADY_ROTATED', { log: systems.log, tree: release.nextTreeId });
  }
  await installation.stage(release, bounds.signal);
  if (release.supersedes) {
    // The release that could not serve may still run, with the files that were just replaced.
    await installation.stop(release.next, bounds.signal);
  }
  try {
    await installation.start(release.next, bounds.signal);
    await rehearsed(systems, input, bounds);
  } finally {
    // A worker that was stopped in here goes on when the rotation may have been exposed by another (H8).
    if (!(await isExposed(systems, input, bounds))) {
      await installation.stop(release.next, bounds.signal);
    }
  }
}

async function rehearsed(systems: LogSystems, input: AttemptInput, bounds: ActivityBounds): Promise<void> {
  const { release } = input;
  const expected = shardsOf(release.nextTreeId, [...treeIds(release.inactive), release.currentTreeId]);
  for (const instance of systems.installation.instances(release.next)) {
    const patience = rehearsing(systems, release.next, instance, bounds);
    const { activeTreeId, inactive } = await servedLog(systems, instance, bounds, patience);
    const found = shardsOf(activeTreeId, treeIds(inactive));
    if (found !== expected) {
      throw doesNotStart(instance, `it serves ${found}, not ${expected}`);
    }
    await requireSameService(systems, input, instance, bounds);
  }
}

/** Gives up on a started instance when its process has ended, or when it takes too long. */
function rehearsing(
  { installation }: LogSystems,
  release: string,
  instance: Instance,
  bounds: ActivityBounds,
): Patience {
  const began = performance.now();
  return {
    everyMs: LOOK_EVERY_MS,
    unanswered: async (why) => {
      // An answer that no waiting changes.
      if (why.refusal.code === 'OPERATION_SWITCHED_OFF') {
        throw why;
      }
      const waitedMs = performance.now() - began;
      if (waitedMs > SETTLING_MS && !(await installation.runs(release, bounds.signal))) {
        throw doesNotStart(instance, 'its process has ended', why);
      }
      if (waitedMs > REHEARSAL_MS) {
        const reason = `no answer within ${REHEARSAL_MS / 1000} s: ${why.refusal.message}`;
        throw doesNotStart(instance, reason, why);
      }
    },
  };
}

function doesNotStart({ name, url }: Instance, reason: string, cause?: unknown): RefusalError {
  return refuse('SLOT_DOES_NOT_START', { slot: name, url, reason }, cause);
}

function shardsOf(active: TreeId, inactive: readonly TreeId[]): string {
  return `active ${active}, inactive [${inactive.join(', ')}]`;
}

function treeIds(shards: readonly { readonly treeId: TreeId }[]): TreeId[] {
  return shards.map((shard) => shard.treeId);
}

/**
 * Stops the next release and puts back what staging replaced; nothing is done where this attempt staged nothing, or where
 * clients are sent to it (H7).
 */
export async function discard(
  systems: LogSystems,
  input: AttemptInput,
  bounds: ActivityBounds,
): Promise<void> {
  if (await isExposed(systems, input, bounds)) {
    return;
  }
  await stop(systems, input, bounds);
  await systems.installation.discard(input.release, bounds.signal);
}

/** The next release's processes run; whether they serve is proven later. */
export async function start(systems: LogSystems, input: AttemptInput, bounds: ActivityBounds): Promise<void> {
  await systems.installation.start(input.release.next, bounds.signal);
}

/**
 * They do not run. A release that the gate sends to is left alone: it serves because of a rotation that ended long ago, and
 * was reset (H7). So is one that this attempt did not stage: whoever started it is not this attempt.
 */
export async function stop(systems: LogSystems, input: AttemptInput, bounds: ActivityBounds): Promise<void> {
  const { installation } = systems;
  const { release } = input;
  const staged = await installation.keptBy(release, bounds.signal);
  if (staged === release.attemptId && !(await isExposed(systems, input, bounds))) {
    await installation.stop(release.next, bounds.signal);
  }
}

/**
 * The standing configuration is the next release's. The current one stops some time after its last write: what it
 * still does in the background, its search index for example, must end (H30).
 */
export async function settle(
  systems: LogSystems,
  input: ExposedInput,
  bounds: ActivityBounds,
): Promise<void> {
  const { installation, timing } = systems;
  const { release, identity } = input;
  await requireOurs(systems, identity, bounds);
  await installation.settle(release, bounds.signal);
  await pause(timing.stopCurrentAfterMs, bounds.signal);
  await requireOurs(systems, identity, bounds);
  if (!(await isExposed(systems, input, bounds))) {
    const what = 'The slot that the gate sends to';
    throw refuse('CHANGED_BY_SOMEONE', { what, expected: release.next, now: 'another one' });
  }
  await installation.stop(release.current, bounds.signal);
  // Last, so that an interrupted settle is still seen as a rotation that has not ended.
  await installation.forget(release, bounds.signal);
}
