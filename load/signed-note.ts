import { createHash, verify, type KeyObject } from 'node:crypto';

/** A checkpoint as Rekor signs it: rekor:pkg/util/checkpoint.go and signed_note.go. */
export interface Checkpoint {
  /** `<hostname> - <tree id>`: the tree id ends it. */
  readonly origin: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly rootHash: string;
}

/** What names a key in a log's entries: SHA-256 of its DER encoding, lower-case hex (the entry's `logID`). */
export function logIdOf(key: KeyObject): string {
  return createHash('sha256').update(derOf(key)).digest('hex');
}

/** Verifies bytes that the log has signed, with the hash its kind of key is used with. */
export function verifySignature(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', signed, key, signature);
}

/** Reads a signed note and verifies it with the log's key; throws, with the reason, when it is not signed by that key. */
export function openCheckpoint(note: string, key: KeyObject): Checkpoint {
  const end = note.indexOf('\n\n');
  if (end < 0) throw new Error('the checkpoint is not a signed note');
  const text = note.slice(0, end + 1);
  const keyHint = createHash('sha256').update(derOf(key)).digest().subarray(0, 4);
  const verified = note
    .slice(end + 2)
    .split('\n')
    .filter((line) => line.startsWith('\u2014 '))
    .map((line) => Buffer.from(line.split(' ').at(-1) ?? '', 'base64'))
    .some(
      (signature) =>
        signature.subarray(0, 4).equals(keyHint) &&
        verifySignature(key, Buffer.from(text), signature.subarray(4)),
    );
  if (!verified) throw new Error("the checkpoint is not signed by the log's key");
  const [origin, size, root] = text.split('\n');
  if (origin === undefined || root === undefined || !/^\d+$/.test(size ?? '')) {
    throw new Error('the checkpoint has no origin, size and root');
  }
  return { origin, size: Number(size), rootHash: Buffer.from(root, 'base64').toString('hex') };
}

function derOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
