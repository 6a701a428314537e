import type { StageInput } from '../../workflows/model/actions';
import type { ShardsOfKey } from '../../workflows/model/installation';
import type { Instance, TreeId } from '../../workflows/model/log';
import { refuse } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import type { LogIdentity } from '../verification/rehearsal';
import { expectedKey } from './expected-key';

/** The key of each shard, by its tree: SHA-256 over its DER, lower-case hex. */
export type KeyOfTree = ReadonlyMap<TreeId, string>;

/** The keys of what an instance serves. */
export function keysOf({ shards }: LogIdentity): KeyOfTree {
  return new Map(shards.map(({ treeId, logId }) => [treeId, logId]));
}

/** The same, each key once, in the order of its first shard. */
export function byKey(keys: KeyOfTree): ShardsOfKey[] {
  const logIds = [...new Set(keys.values())];
  return logIds.map((logId) => ({
    logId,
    trees: [...keys].flatMap(([treeId, ofTree]) => (ofTree === logId ? [treeId] : [])),
  }));
}

/** The key of each shard that is known; undefined where none is. */
export function keyOfTree(keys: readonly ShardsOfKey[] | undefined): Record<TreeId, string> | undefined {
  return (
    keys && Object.fromEntries(keys.flatMap(({ logId, trees }) => trees.map((treeId) => [treeId, logId])))
  );
}

/**
 * Proves the keys of a rehearsed instance: each earlier shard is signed with the key that it had, and under the same end; the next
 * tree with the one that the configuration wants, or with the current tree's. Behind the point of no return there is no way
 * back: an entry under a key that clients do not trust is one that they refuse.
 *
 * @param former what serves now, by each of its instances.
 * @throws SHARD_KEY_DIFFERS, SIGNER_WITHOUT_EFFECT, SIGNER_UNUSABLE
 */
export async function requireKeys(
  { expectedSigner }: BoundSystems,
  { release, signer }: StageInput,
  next: Instance,
  { ofNext, former }: { readonly ofNext: LogIdentity; readonly former: readonly LogIdentity[] },
): Promise<void> {
  const served = keysOf(ofNext);
  const differs = (tree: TreeId, expected: string, because: string): Error =>
    refuse('SHARD_KEY_DIFFERS', {
      ...{ release: release.next.name, url: next.url, tree },
      ...{ served: served.get(tree) ?? 'none', expected, because },
    });
  // Of what is to be superseded there is no instance to ask: its own rehearsal has told its keys.
  const known = Object.entries(keyOfTree(release.supersedes?.keys) ?? {});
  const earlier = new Map([...known, ...former.flatMap((identity) => [...keysOf(identity)])]);
  for (const [treeId, logId] of earlier) {
    if (treeId !== release.nextTreeId && served.get(treeId) !== logId) {
      throw differs(treeId, logId, 'which it has been signed with so far');
    }
  }
  for (const { treeId, length, rootHash } of former.flatMap(({ shards }) => shards.slice(0, -1))) {
    const head = ofNext.shards.find((shard) => shard.treeId === treeId);
    if (head?.length !== length || head.rootHash !== rootHash) {
      const reason = `its checkpoint of tree ${treeId} is not the one that ${release.current.name} has signed`;
      throw refuse('VERIFICATION_FAILED', { what: `Rekor in ${release.next.name}`, reason });
    }
  }
  const expected = expectedSigner && (await expectedKey(expectedSigner));
  const active = served.get(release.nextTreeId) ?? 'none';
  if (expected) {
    if (active !== expected.logId) {
      throw differs(release.nextTreeId, expected.logId, `as ${expectedSigner.field}.publicKey says`);
    }
    return;
  }
  const ofCurrent = earlier.get(release.currentTreeId);
  if (ofCurrent === undefined) {
    return;
  }
  if (!signer?.changes && active !== ofCurrent) {
    throw differs(release.nextTreeId, ofCurrent, `which tree ${release.currentTreeId} is signed with`);
  }
  if (signer?.changes && active === ofCurrent) {
    const { name } = release.next;
    throw refuse('SIGNER_WITHOUT_EFFECT', { release: name, tree: release.nextTreeId, served: active });
  }
}

/**
 * Proves that two looks at a rehearsed release have found the same keys: of two instances, or of two starts.
 *
 * @throws SIGNER_NOT_LASTING
 */
export function requireSameKeys(release: string, one: KeyOfTree, other: KeyOfTree): void {
  for (const [tree, first] of one) {
    const then = other.get(tree) ?? 'none';
    if (then !== first) {
      throw refuse('SIGNER_NOT_LASTING', { release, tree, first, then });
    }
  }
}
