import type { AttemptInput, ExposedInput, StageInput } from '../../workflows/model/actions';
import type { Release, ShardsOfKey } from '../../workflows/model/installation';
import type { Instance, TreeId } from '../../workflows/model/log';
import { sourceOfTruth, type SourceOfTruth } from '../../workflows/model/ownership';
import { changedBySomeone, foundOrRefused, refuse, type RefusalError } from '../errors/refusal-error';
import { pause, pauseUntilNextLook } from '../bounds/waiting';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { proveRelease } from './next-tree-opening';
import { requirePublished } from './expected-key';
import { isExposed, laterAttemptBegan, requireOurs, serves } from './ownership';
import { requireSameService } from './served-identity';
import { byKey, requireSameKeys, type KeyOfTree } from './shard-keys';
import { servedLog, stillThere, type OfRelease, type Patience } from './served-log';
import { sendToSettled } from './writes';

/** How often a rehearsed release is looked at, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * Writes the next release and rehearses its start, so that one which cannot start costs no client anything. It serves
 * nobody, and its tree is closed: whatever it says of the current tree's length is true and used by no one. With a new signer it
 * is started twice, and clients must be able to trust the key already. Where its start would end what serves, none is rehearsed,
 * as the plan has said.
 *
 * @returns the key of each shard, as its release signs it; none without a rehearsal.
 */
export const stage: Act<StageInput, readonly ShardsOfKey[]> = async (systems, input) => {
  const { installation, bounds } = systems;
  const { release, changes, fingerprint, signer } = input;
  await requireNotExposed(systems, input);
  await installation.stage(release, { changes, fingerprint }, bounds);
  if (release.supersedes) {
    // The release that could not serve may still run, with what was just replaced.
    await installation.stop(release.next, bounds);
  }
  if (!installation.rehearses) {
    return [];
  }
  try {
    await installation.start(release.next, bounds);
    const keys = await rehearsed(systems, input);
    if (signer?.changes) {
      await installation.stop(release.next, bounds);
      await installation.start(release.next, bounds);
      requireSameKeys(release.next.name, keys, await rehearsed(systems, input));
      await requireTrusted(systems, input, keys);
    }
    return byKey(keys);
  } finally {
    // A worker that was stopped in here goes on when the rotation may have been exposed by another (H8).
    if (!(await isExposed(systems, input))) {
      await installation.stop(release.next, bounds);
    }
  }
};

/** Where the configuration says where clients get the trusted root, both keys are in it. */
async function requireTrusted(
  systems: BoundSystems,
  { release }: StageInput,
  keys: KeyOfTree,
): Promise<void> {
  const [former, next] = [keys.get(release.currentTreeId), keys.get(release.nextTreeId)];
  if (systems.expectedSigner && former !== undefined && next !== undefined) {
    await requirePublished(systems, systems.expectedSigner, { former, next });
  }
}

/**
 * The log is this attempt's, and clients are not sent to its next release.
 *
 * @throws NOT_OURS, ALREADY_ROTATED
 */
export const requireNotExposed: Act<AttemptInput> = async (systems, input) => {
  const { release, identity } = input;
  await requireOurs(systems, identity);
  if (await isExposed(systems, input)) {
    throw refuse('ALREADY_ROTATED', { log: systems.log, tree: release.nextTreeId });
  }
};

/** What a stage comes to whose section has begun already, and uses what was staged (H7). Refuses as `requireNotExposed`. */
export const stagedInUse: Act<AttemptInput, readonly ShardsOfKey[]> = async (systems, input) => {
  await requireNotExposed(systems, input);
  return input.release.keys ?? [];
};

const rehearsed: Act<StageInput, KeyOfTree> = async (systems, input) => {
  const { installation, bounds } = systems;
  const { release } = input;
  const expected = shardsOf(release.nextTreeId, [...treeIds(release.inactive), release.currentTreeId]);
  const began = performance.now();
  for (;;) {
    const instances = await installation.instances(release.next, bounds.signal);
    let served = 0;
    let keys: KeyOfTree | undefined;
    for (const instance of instances) {
      const patience = rehearsing(systems, { instance, of: release.next }, began);
      const loaded = await servedLog(systems, instance, patience);
      if (!loaded) {
        break;
      }
      const shards = shardsOf(loaded.activeTreeId, treeIds(loaded.inactive));
      if (shards !== expected) {
        throw doesNotStart(release.next, instance, `it serves ${shards}, not ${expected}`);
      }
      const found = await requireSameService(systems, input, instance);
      requireSameKeys(release.next.name, keys ?? found, found);
      keys = found;
      served += 1;
    }
    if (keys && served === instances.length) {
      return keys;
    }
    const { rehearsalMs } = installation.patience;
    if (performance.now() - began > rehearsalMs) {
      throw doesNotStart(
        release.next,
        { url: 'any address' },
        `not all of it within ${rehearsalMs / 1000} s`,
      );
    }
    await pauseUntilNextLook(LOOK_EVERY_MS, began, bounds.signal);
  }
};

/** Gives up on a started instance when its process has ended, or when it takes too long. */
function rehearsing(systems: BoundSystems, { instance, of: release }: OfRelease, began: number): Patience {
  const { installation, bounds } = systems;
  const { startMs, rehearsalMs } = installation.patience;
  return {
    everyMs: LOOK_EVERY_MS,
    unanswered: async (why) => {
      // An answer that no waiting changes.
      if (why.refusal.code === 'OPERATION_SWITCHED_OFF') {
        throw why;
      }
      const waitedMs = performance.now() - began;
      if (waitedMs > startMs && !(await installation.runs(release, bounds.signal))) {
        throw doesNotStart(release, instance, 'its process has ended', why);
      }
      if (waitedMs > rehearsalMs) {
        const reason = `no answer within ${rehearsalMs / 1000} s: ${why.refusal.message}`;
        throw doesNotStart(release, instance, reason, why);
      }
      return await stillThere(systems, { instance, of: release });
    },
  };
}

function doesNotStart(
  { name }: Release,
  { url }: Pick<Instance, 'url'>,
  reason: string,
  cause?: unknown,
): RefusalError {
  return refuse('RELEASE_DOES_NOT_START', { release: name, url, reason }, cause);
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
export const discard: Act<AttemptInput> = async (systems, input) => {
  if ((await laterAttemptBegan(systems, input.identity)) || (await isExposed(systems, input))) {
    return;
  }
  await stop(systems, input);
  await systems.installation.discard(input.release, systems.bounds);
};

/** The next release's processes run; whether they serve is proven later. */
export const start: Act<AttemptInput> = async (systems, input) => {
  await systems.installation.start(input.release.next, systems.bounds);
};

/**
 * They do not run, and the current one has its own again. A release that clients are sent to is left alone: it serves because of
 * a rotation that ended long ago, and
 * was reset (H7). So is one that this attempt did not stage: whoever started it is not this attempt.
 */
export const stop: Act<AttemptInput> = async (systems, input) => {
  const { traffic, installation, bounds } = systems;
  const { release } = input;
  const staged = await installation.unfinishedOn(release.next, bounds.signal);
  if (staged === release.attemptId && !(await isExposed(systems, input))) {
    // Clients may have been sent there, and back a moment ago.
    await pause(traffic.followsMs, bounds.signal);
    await installation.stop(release.next, bounds);
    await installation.giveBack(release, bounds);
  }
};

/**
 * The standing configuration is the next release's; where that is another release than the next one, clients are sent there
 * once it is proven. What serves no more stops some time after its last write: what it still does in the background,
 * its search index for example, must end (H30).
 *
 * @returns whether what the configuration is applied from has it, too (H10); null where nothing can tell.
 */
export const settle: Act<ExposedInput, SourceOfTruth | null> = async (systems, input) => {
  const { traffic, installation, timing, bounds } = systems;
  const { release, identity } = input;
  await requireOurs(systems, identity);
  const standing = await installation.settle(release, bounds);
  const staysNext = standing.id === release.next.id;
  if (!staysNext) {
    // Both releases serve the same shards meanwhile, and the same tree takes the writes: none has to wait.
    await proveRelease(systems, { ...input, of: standing });
    await requireOurs(systems, identity);
    await sendToSettled(systems, { ...input, to: standing });
  }
  await pause(Math.max(timing.stopCurrentAfterMs, traffic.followsMs), bounds.signal);
  await requireOurs(systems, identity);
  const former = staysNext ? release.current : release.next;
  if (!(await serves(systems, standing)) || (await serves(systems, former))) {
    throw changedBySomeone('Where clients are sent', standing.name, 'elsewhere');
  }
  await installation.stop(former, bounds);
  // Only told: what cannot be read, or is malformed, keeps no rotation from its end.
  const { found: ownership } = await foundOrRefused(() => installation.ownership(bounds.signal));
  // Last, so that an interrupted settle is still seen as a rotation that has not ended.
  await installation.forget(release, bounds);
  return ownership && sourceOfTruth(ownership);
};
