import type { KeyObject } from 'node:crypto';
import { TransparencyLogInstance } from '@sigstore/protobuf-specs';

/** A key of a log, and what a trusted root says of it. */
export interface TrustedKey {
  readonly key: KeyObject;
  /** SHA-256 over its DER, lower-case hex. */
  readonly logId: string;
  /** ISO 8601. sigstore-go wants it said, and sigstore-python reads no file with a period that has no start. */
  readonly since: string;
  /** Where clients reach the log. */
  readonly address: string;
  /** The name in its checkpoints. */
  readonly hostname: string;
}

/** The entry of a key for the field `tlogs` of a Sigstore trusted root, in the JSON of its protobuf. */
export function trustedRootEntry({ key, logId, since, address, hostname }: TrustedKey): unknown {
  const entry = {
    baseUrl: baseUrl(address, hostname),
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: key.export({ type: 'spki', format: 'der' }).toString('base64'),
      keyDetails: detailsOf(key),
      validFor: { start: since },
    },
    logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
  };
  return TransparencyLogInstance.toJSON(TransparencyLogInstance.fromJSON(entry));
}

/**
 * Verifiers in JavaScript look for the name in the notes in this address (`@sigstore/verify`: dist/tlog/checkpoint.js). Where the
 * public address does not have it, the name itself has to stand for it.
 */
function baseUrl(address: string, hostname: string): string {
  return address.includes(hostname) ? address : `https://${hostname}`;
}

/** Rekor signs over SHA-256 whatever the curve (rekor: pkg/signer/signer.go). */
const curves: Readonly<Record<string, string>> = {
  prime256v1: 'PKIX_ECDSA_P256_SHA_256',
  secp384r1: 'PKIX_ECDSA_P384_SHA_256',
  secp521r1: 'PKIX_ECDSA_P521_SHA_256',
};

/**
 * Whether the clients that were tried verify what Rekor signs with a key of this kind: cosign 3.1.3 and sigstore-python 4.5.1
 * (clients/new-key.sh), and docs/new-key.md says what they do with the others.
 */
export function isOfUsualKind(key: KeyObject): boolean {
  return detailsOf(key) === 'PKIX_ECDSA_P256_SHA_256';
}

/** The name of a kind of key in Sigstore's own list. */
export function detailsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ed25519') {
    return 'PKIX_ED25519';
  }
  return asymmetricKeyType === 'rsa' && [2048, 3072, 4096].includes(modulusLength)
    ? `PKIX_RSA_PKCS1V15_${modulusLength}_SHA256`
    : (curves[namedCurve] ?? 'PUBLIC_KEY_DETAILS_UNSPECIFIED');
}
