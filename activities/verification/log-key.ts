import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { NotProven } from './not-proven';

/** The public key of a shard, as `GET /api/v1/log/publicKey` gives it. */
export interface LogKey {
  readonly key: KeyObject;
  /** SHA-256 over the key's DER, lower-case hex: `logID` of its entries; its first four bytes mark its notes. */
  readonly logId: string;
}

/** Reads a PEM public key; throws {@link NotProven} when it is none. */
export function readLogKey(pem: string): LogKey {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new NotProven('ANSWER_UNREADABLE', 'the log gives no PEM public key', { cause: error });
  }
  const der = key.export({ type: 'spki', format: 'der' });
  return { key, logId: createHash('sha256').update(der).digest('hex') };
}

/** Rekor signs over SHA-256 whatever the curve (rekor pkg/signer/signer.go); Ed25519 hashes by itself. */
export function isSignedBy(logKey: LogKey, data: Buffer, signature: Buffer): boolean {
  const hash = logKey.key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, data, logKey.key, signature);
}
