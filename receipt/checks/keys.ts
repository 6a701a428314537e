import { readLogKey, type LogKey } from '../../activities/verification/log-key';
import type { Checking } from '../checking';
import type { Receipt } from '../schema';

/** The keys that are trusted, by what a receipt calls them. */
export type KeyOf = (logId: string) => LogKey | undefined;

/**
 * The keys of a receipt, held against those that the reader trusts: only these verify anything. What the receipt says of its
 * keys must be so as well, since people copy them from there.
 */
export function trustedKeys(receipt: Receipt, given: readonly LogKey[], checking: Checking): KeyOf {
  for (const { logId, publicKey } of receipt.keys) {
    const where = `Key ${logId}`;
    checking.requires(logIdOf(publicKey) === logId, 'KEY_DIFFERS', where, 'its PEM is not that key');
  }
  const known = new Set(receipt.keys.map(({ logId }) => logId));
  for (const [logId, trees] of treesByKey(receipt)) {
    const where = `Tree ${trees.join(', ')}`;
    checking.requires(known.has(logId), 'KEY_DIFFERS', where, `the receipt has no key ${logId}`);
    checking.requires(
      given.some((key) => key.logId === logId),
      'KEY_NOT_GIVEN',
      where,
      `signed with the key ${logId}, which is none of those that you gave`,
    );
  }
  return (logId) => given.find((key) => key.logId === logId);
}

/** Which trees are said to be signed with which key. */
export function treesByKey({ shards, next }: Receipt): ReadonlyMap<string, readonly string[]> {
  const trees = new Map<string, string[]>();
  for (const { logId, treeId } of [...shards, next]) {
    trees.set(logId, [...(trees.get(logId) ?? []), treeId]);
  }
  return trees;
}

function logIdOf(pem: string): string | undefined {
  try {
    return readLogKey(pem).logId;
  } catch {
    return undefined;
  }
}
