import { createPublicKey, type KeyObject } from 'node:crypto';
import { TransparencyLogInstance } from '@sigstore/protobuf-specs';
import { parseCheckpoint } from '../../activities/verification/checkpoint';
import type { Receipt } from '../schema';

/**
 * The entries of the log for the field `tlogs` of a Sigstore trusted root, one for each key: a trusted root knows keys, not
 * shards. Valid from the oldest entry that was proven under the key: sigstore-go wants that said, and sigstore-python reads no file
 * with a period that has no start. A key of empty shards alone has signed no entry, and has none.
 */
export function trustedRootEntries(receipt: Receipt): unknown[] {
  return receipt.keys.flatMap(({ logId, publicKey, since }) => {
    if (since === null) {
      return [];
    }
    const key = createPublicKey(publicKey);
    const entry = {
      baseUrl: baseUrl(receipt),
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: key.export({ type: 'spki', format: 'der' }).toString('base64'),
        keyDetails: detailsOf(key),
        validFor: { start: since },
      },
      logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
    };
    return [TransparencyLogInstance.toJSON(TransparencyLogInstance.fromJSON(entry))];
  });
}

/**
 * Verifiers in JavaScript look for the name in the notes in this address (`@sigstore/verify`: dist/tlog/checkpoint.js). Where the
 * public address does not have it, the name itself has to stand for it.
 */
function baseUrl({ address, firstLeaf }: Receipt): string {
  const { hostname } = parseCheckpoint(firstLeaf.checkpoint);
  return address.includes(hostname) ? address : `https://${hostname}`;
}

/** Rekor signs over SHA-256 whatever the curve (rekor: pkg/signer/signer.go). */
const curves: Readonly<Record<string, string>> = {
  prime256v1: 'PKIX_ECDSA_P256_SHA_256',
  secp384r1: 'PKIX_ECDSA_P384_SHA_256',
  secp521r1: 'PKIX_ECDSA_P521_SHA_256',
};

/** The name of a kind of key in Sigstore's own list. */
function detailsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ed25519') {
    return 'PKIX_ED25519';
  }
  return asymmetricKeyType === 'rsa' && [2048, 3072, 4096].includes(modulusLength)
    ? `PKIX_RSA_PKCS1V15_${modulusLength}_SHA256`
    : (curves[namedCurve] ?? 'PUBLIC_KEY_DETAILS_UNSPECIFIED');
}
