import type { ExposedInput, SoakInput } from '../../workflows/model/actions';
import type { Release } from '../../workflows/model/installation';
import { sameInstances } from '../../workflows/model/base-url';
import { readMark } from '../../workflows/model/mark';
import type { Confirmation, WriteStall } from '../../workflows/model/evidence';
import { afterRotation, differencesFrom } from '../../workflows/model/shards';
import { changedBySomeone, refuse } from '../errors/refusal-error';
import { pause } from '../bounds/waiting';
import type { Act } from './act';
import { confirmation, type ProvenInstance } from './confirmed';
import { contentOf } from './next-tree-content';
import { proveRelease } from './next-tree-opening';
import { releaseToServe, requireOurs } from './ownership';
import { endKept, expose } from './writes';
import { toldOf } from './writes-told';
import { keyOfTree } from './shard-keys';
import { instanceAddress, publicAddress } from './log-addresses';

/** How often a soaking log is looked at, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** The public log, proven by code that shares nothing with the rotation's own reading; and exactly one tree ACTIVE. */
export const confirm: Act<ExposedInput, Confirmation> = async (systems, input) => {
  const { installation, verifier, bounds } = systems;
  const { frozen, handover, release, identity } = input;
  await requireOurs(systems, identity);
  const of = await releaseToServe(systems, input);
  // After a reboot the host has started what was standing before (H33).
  await installation.start(of, bounds);
  await requireOnlyNextActive(systems, input);
  await followNext(systems, input);
  // Before anything is read that they keep from clients; and nothing is read over them here.
  await endKept(systems, input);
  const logIds = keyOfTree(release.keys);
  const target = {
    activeTreeId: release.nextTreeId,
    inactive: afterRotation(release.inactive, release.currentTreeId, frozen.size),
    rootHashes: { [frozen.treeId]: frozen.rootHash },
    ...(logIds && { logIds }),
    ...(handover && { handoverLeafHash: handover.leafHash }),
  };
  // Each instance by its own address: a service in front of several answers from any of them.
  const instances: ProvenInstance[] = [];
  for (const instance of await installation.instances(of, bounds.signal)) {
    const address = instanceAddress(systems, instance);
    const proven = await verifier.verify({ ...target, address, sampleEntries: 0 }, bounds.signal);
    instances.push({ name: instance.name, proven });
  }
  const address = publicAddress(systems);
  const publicLog = { ...target, address, sampleEntries: systems.sampleEntries };
  return confirmation(address.url, await verifier.verify(publicLog, bounds.signal), instances);
};

/**
 * Instances come and go: where others have come since the exposure, on other nodes for example, clients are sent to these once
 * they are proven. Not where they have been sent back to what the next release was settled into, by a later try (H7).
 */
const followNext: Act<ExposedInput> = async (systems, input) => {
  const { traffic, installation, bounds } = systems;
  const { release } = input;
  const [{ instances }, there, settled] = await Promise.all([
    traffic.state(bounds.signal),
    installation.addresses(release.next, bounds.signal),
    installation.settledInto(release, bounds.signal),
  ]);
  if (there.length === 0 || sameInstances(instances, there)) {
    return;
  }
  if (settled && sameInstances(instances, await installation.addresses(settled, bounds.signal))) {
    return;
  }
  const toNext = { ...input, of: release.next };
  await proveRelease(systems, toNext);
  await requireOurs(systems, input.identity);
  await expose(systems, toNext);
};

/**
 * Watches for a while what a rotation can still break (H1, H8), then says how writes fared in the gate; null when the gate
 * has no figures of a hold of this attempt.
 */
export const soak: Act<SoakInput, WriteStall | null> = async (systems, input) => {
  const { installation, traffic, bounds } = systems;
  const ends = performance.now() + input.forMs;
  await requireOurs(systems, input.identity);
  const { instances } = await traffic.state(bounds.signal);
  const { current: serving } = await installation.roles(instances, bounds.signal);
  await installation.start(serving, bounds);
  do {
    await requireOurs(systems, input.identity);
    await requireOnlyNextActive(systems, input);
    await requireLoadedLengths(systems, { ...input, serving });
    await pause(Math.max(Math.min(LOOK_EVERY_MS, ends - performance.now()), 0), bounds.signal);
  } while (performance.now() < ends);
  return toldOf(await traffic.state(bounds.signal), input.identity);
};

/**
 * Exactly the next tree is ACTIVE, of all that the log has or any rotation made for it. A tree of this rotation that a late
 * CreateTree made is closed (H8); what anyone else opened is refused.
 */
const requireOnlyNextActive: Act<ExposedInput> = async (systems, input) => {
  const { log, trillian, bounds } = systems;
  const { release } = input;
  const ofLog = new Set([...release.inactive.map((shard) => shard.treeId), release.currentTreeId]);
  for (const tree of await trillian.listTrees(bounds)) {
    if (tree.treeId === release.nextTreeId && tree.state !== 'ACTIVE') {
      throw changedBySomeone(`The state of tree ${tree.treeId}`, 'ACTIVE', tree.state);
    }
    const mark = readMark(tree);
    const marked = mark?.log === log && tree.treeId !== release.nextTreeId;
    if (marked && !ofLog.has(tree.treeId) && mark.rotationId === input.identity.rotationId) {
      if (tree.state !== 'FROZEN') {
        if ((await contentOf(systems, tree.treeId)) === 'public entries') {
          throw refuse('NEXT_TREE_HAS_ENTRIES', { tree: tree.treeId });
        }
        await trillian.setState(tree.treeId, 'FROZEN', bounds);
      }
      continue;
    }
    if (tree.state === 'ACTIVE' && (ofLog.has(tree.treeId) || marked)) {
      throw refuse('TWO_ACTIVE_TREES', { tree: tree.treeId, other: release.nextTreeId });
    }
  }
};

/** Every instance of the release that serves still computes with the lengths that Trillian has now; pods come and go. */
const requireLoadedLengths: Act<ExposedInput & { readonly serving: Release }> = async (
  { rekor, installation, bounds },
  { release, frozen, serving },
) => {
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  for (const instance of await installation.instances(serving, bounds.signal)) {
    const loaded = await rekor.log(instance, bounds.signal);
    const differences = differencesFrom(loaded, release.nextTreeId, shards);
    if (differences.length > 0) {
      throw refuse('VERIFICATION_FAILED', { what: `Rekor ${instance.name}`, reason: differences.join('; ') });
    }
  }
};
