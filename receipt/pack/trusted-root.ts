import { createPublicKey } from 'node:crypto';
import { parseCheckpoint } from '../../activities/verification/checkpoint';
import { trustedRootEntry } from '../../activities/verification/trusted-root-entry';
import type { Receipt } from '../schema';

/**
 * The entries of the log for the field `tlogs` of a Sigstore trusted root, one for each key: a trusted root knows keys, not
 * shards. Valid from the oldest entry that was proven under the key. A key of empty shards alone has signed no entry, and has none.
 */
export function trustedRootEntries({ keys, address, firstLeaf }: Receipt): unknown[] {
  const { hostname } = parseCheckpoint(firstLeaf.checkpoint);
  return keys.flatMap(({ logId, publicKey, since }) =>
    since === null
      ? []
      : [trustedRootEntry({ key: createPublicKey(publicKey), logId, since, address, hostname })],
  );
}
