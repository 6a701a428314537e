import { createHash, verify } from 'node:crypto';
import { publicKeyOf, type PublicKey } from './public-key';
import { base64Bytes, Unreadable, WireReader, wireString } from './wire';

/**
 * SSHSIG: what `ssh-keygen -Y sign` writes. Its sources are PROTOCOL.sshsig and sshsig.c of OpenSSH, PROTOCOL.u2f and
 * ssh-ecdsa-sk.c for security keys.
 */

const MAGIC = 'SSHSIG';
const VERSION = 1;
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/** Three times that of the largest RSA key. */
const MOST_CHARACTERS = 20_000;

/** PROTOCOL.u2f: somebody has touched the security key. */
const USER_PRESENT = 0x01;

export interface SshSignature {
  readonly key: PublicKey;
  /** What it was made for: `git` for a commit, and a name of our own for an approval. */
  readonly namespace: string;
  readonly hash: 'sha256' | 'sha512';
  /** For example `rsa-sha2-512`. */
  readonly algorithm: string;
  readonly bytes: Buffer;
  /** Of a security key. */
  readonly touch: { readonly flags: number; readonly counter: number } | null;
}

/**
 * Reads an armoured signature. Blanks and line ends between its characters mean nothing, so it may stand in one line.
 * Nothing is verified yet: `problemOf` does. Any text that is none gives a fault; nothing is thrown.
 */
export function readSignature(
  text: string,
): { readonly signature: SshSignature } | { readonly fault: string } {
  try {
    return { signature: signatureOf(dearmoured(text)) };
  } catch (error) {
    if (error instanceof Unreadable) {
      return { fault: error.fault };
    }
    throw error;
  }
}

function dearmoured(text: string): Buffer {
  const trimmed = text.length > MOST_CHARACTERS ? '' : text.trim();
  if (!trimmed.startsWith(BEGIN) || !trimmed.endsWith(END)) {
    throw new Unreadable(`it does not begin with ${BEGIN} and end with ${END}`);
  }
  return base64Bytes(trimmed.slice(BEGIN.length, -END.length).replace(/[ \t\r\n]/g, ''));
}

function signatureOf(blob: Buffer): SshSignature {
  const reader = new WireReader(blob);
  const version = reader.bytes(MAGIC.length).toString('latin1') === MAGIC ? reader.uint32() : undefined;
  if (version !== VERSION) {
    throw new Unreadable(`it is not SSHSIG of version ${VERSION}`);
  }
  const key = publicKeyOf(reader.string());
  const [namespace, reserved, hash, inner] = [reader.name(), reader.string(), reader.name(), reader.string()];
  reader.end();
  if (reserved.length > 0) {
    throw new Unreadable('its reserved field is not empty');
  }
  if (hash !== 'sha256' && hash !== 'sha512') {
    throw new Unreadable('its hash algorithm is neither sha256 nor sha512');
  }
  return { key, namespace, hash, ...innerSignature(inner, key) };
}

function innerSignature(bytes: Buffer, key: PublicKey): Pick<SshSignature, 'algorithm' | 'bytes' | 'touch'> {
  const reader = new WireReader(bytes);
  const [algorithm, signed] = [reader.name(), reader.string()];
  const touch = key.application ? { flags: reader.byte(), counter: reader.uint32() } : null;
  reader.end();
  // Not ssh-rsa, whose hash is SHA-1.
  const allowed = key.kind === 'rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [key.type];
  if (!allowed.includes(algorithm)) {
    throw new Unreadable(`it is not made with ${allowed.join(' or ')}`);
  }
  return { algorithm, bytes: signed, touch };
}

/**
 * Verifies a signature over a message, in whatever namespace it was made: the caller compares that, and whose key it
 * is. Gives what is wrong, or null. Throws nothing. The counter of a security key is not looked at, since nobody
 * remembers the one before.
 */
export function problemOf(signature: SshSignature, message: Buffer): string | null {
  const { key, touch } = signature;
  if (touch && (touch.flags & USER_PRESENT) === 0) {
    return 'nobody touched the security key: use one that was made without no-touch-required';
  }
  const bytes = bytesToVerify(signature);
  return bytes !== null && isVerified(signature, bytes, signedBytes(signature, message))
    ? null
    : `it is not by the key ${key.fingerprint} over this text`;
}

function signedBytes({ key, namespace, hash, touch }: SshSignature, message: Buffer): Buffer {
  const digest = createHash(hash).update(message).digest();
  const signed = Buffer.concat([Buffer.from(MAGIC), ...[namespace, '', hash, digest].map(wireString)]);
  if (!touch || !key.application) {
    return signed;
  }
  const flagsAndCounter = Buffer.alloc(5);
  flagsAndCounter.writeUInt8(touch.flags);
  flagsAndCounter.writeUInt32BE(touch.counter, 1);
  const [application, data] = [key.application, signed].map((part) =>
    createHash('sha256').update(part).digest(),
  );
  return Buffer.concat([application ?? Buffer.of(), flagsAndCounter, data ?? Buffer.of()]);
}

/** The signature as Node.js takes it; null when it can be none of this key. */
function bytesToVerify({ key, bytes }: SshSignature): Buffer | null {
  switch (key.kind) {
    case 'ed25519':
      return bytes.length === 64 ? bytes : null;
    case 'rsa':
      return bytes.length === key.signatureBytes ? bytes : null;
    case 'ecdsa':
      return key.curve && twoNumbers(bytes, key.curve.size);
  }
}

/** ECDSA's r and s, each with its leading zeros (IEEE P1363). */
function twoNumbers(bytes: Buffer, size: number): Buffer | null {
  try {
    const reader = new WireReader(bytes);
    const numbers = [reader.positiveNumber(), reader.positiveNumber()];
    reader.end();
    return numbers.some((number) => number.length > size)
      ? null
      : Buffer.concat(numbers.flatMap((number) => [Buffer.alloc(size - number.length), number]));
  } catch (error) {
    if (error instanceof Unreadable) {
      return null;
    }
    throw error;
  }
}

function isVerified({ key, algorithm }: SshSignature, bytes: Buffer, signed: Buffer): boolean {
  const rsaHash = algorithm === 'rsa-sha2-256' ? 'sha256' : 'sha512';
  const hash = { ed25519: null, ecdsa: key.curve?.hash ?? null, rsa: rsaHash }[key.kind];
  try {
    return verify(hash, signed, { key: key.verifies, dsaEncoding: 'ieee-p1363' }, bytes);
  } catch {
    return false; // OpenSSL cannot calculate with this key, which is then nobody's
  }
}
