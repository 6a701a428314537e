import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { base64Bytes, Unreadable, WireReader } from './wire';

/** Public keys as OpenSSH writes them (RFC 4253, 5656 and 8709; OpenSSH's PROTOCOL.u2f for `sk-` keys). */

const curves = {
  nistp256: { jwk: 'P-256', size: 32, hash: 'sha256' },
  nistp384: { jwk: 'P-384', size: 48, hash: 'sha384' },
  nistp521: { jwk: 'P-521', size: 66, hash: 'sha512' },
} as const;

type CurveName = keyof typeof curves;

/** What keys of one type have in common. */
interface KeyType {
  readonly kind: 'ed25519' | 'ecdsa' | 'rsa';
  readonly curve?: CurveName;
  /** PROTOCOL.u2f: it signs more than the data, and a person touches it. */
  readonly isSecurityKey?: true;
}

const keyTypes: ReadonlyMap<string, KeyType> = new Map<string, KeyType>([
  ['ssh-ed25519', { kind: 'ed25519' }],
  ['ecdsa-sha2-nistp256', { kind: 'ecdsa', curve: 'nistp256' }],
  ['ecdsa-sha2-nistp384', { kind: 'ecdsa', curve: 'nistp384' }],
  ['ecdsa-sha2-nistp521', { kind: 'ecdsa', curve: 'nistp521' }],
  ['ssh-rsa', { kind: 'rsa' }],
  ['sk-ssh-ed25519@openssh.com', { kind: 'ed25519', isSecurityKey: true }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { kind: 'ecdsa', curve: 'nistp256', isSecurityKey: true }],
]);

/** Below, a key is too weak (sshd's RequiredRSASize has 1024 by default; NIST SP 800-131A wants this). */
const LEAST_RSA_BITS = 2048;

/** OpenSSH reads no larger one (sshbuf.h, SSHBUF_MAX_BIGNUM). */
const MOST_RSA_BITS = 16_384;

/** Longer than the longest line of a key that is read, comment included. */
const MOST_CHARACTERS = 5_000;

/** What a configuration may name as a key. */
export const ALLOWED_KEYS = `a line of a .pub file: a key of type ${[...keyTypes.keys()].join(', ')}; an RSA key of ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits`;

export interface PublicKey extends Pick<KeyType, 'kind'> {
  readonly type: string;
  /** As `ssh-keygen -l` prints it: `SHA256:` and 43 characters. */
  readonly fingerprint: string;
  readonly verifies: KeyObject;
  /** Of ECDSA: the length of a coordinate in bytes, and the hash that belongs to the curve. */
  readonly curve: { readonly size: number; readonly hash: string } | null;
  /** Of RSA: the length of a signature in bytes. */
  readonly signatureBytes: number | null;
  /** Of a security key: what it signs for, `ssh:` unless somebody chose another. */
  readonly application: Buffer | null;
}

/**
 * Reads a line of a .pub file: type, base64, comment. Or says what was found instead, without quoting it: somebody may
 * have put a private key there.
 */
export function readPublicKey(line: string): { readonly key: PublicKey } | { readonly found: string } {
  if (line.includes('PRIVATE KEY')) {
    return { found: 'a private key' };
  }
  const [type = '', base64 = ''] = line.trim().split(/[ \t]+/, 2);
  if (line.length > MOST_CHARACTERS || /[\r\n]/.test(line.trim()) || !/^[\w@.-]+$/.test(type)) {
    return { found: 'a text that is no public key' };
  }
  try {
    const blob = base64Bytes(base64);
    const key = publicKeyOf(blob);
    return key.type === type ? { key } : { found: `a key of type ${key.type} under another name` };
  } catch (error) {
    if (error instanceof Unreadable) {
      return {
        found: keyTypes.has(type)
          ? `a key of type ${type} that cannot be used: ${error.fault}`
          : kindOf(type),
      };
    }
    throw error;
  }
}

function kindOf(type: string): string {
  if (type.includes('-cert-v0')) {
    return 'a certificate, whose authority nobody would check';
  }
  return /^(ssh|sk|ecdsa|webauthn)-/.test(type)
    ? `a key of type ${type.slice(0, 40)}`
    : 'a text that is no public key';
}

/** Reads a key as it stands in signatures and, in base64, in .pub files. Throws Unreadable. */
export function publicKeyOf(blob: Buffer): PublicKey {
  const reader = new WireReader(blob);
  const type = reader.name();
  const keyType = keyTypes.get(type);
  if (!keyType) {
    throw new Unreadable(`its key is ${kindOf(type)}`);
  }
  const { jwk, signatureBytes } = jwkOf(reader, keyType);
  const application = keyType.isSecurityKey ? reader.string() : null;
  reader.end();
  return {
    type,
    kind: keyType.kind,
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
    verifies: keyObject(jwk),
    curve: keyType.curve ? curves[keyType.curve] : null,
    signatureBytes: signatureBytes ?? null,
    application,
  };
}

interface ReadKey {
  readonly jwk: JsonWebKey;
  readonly signatureBytes?: number;
}

function jwkOf(reader: WireReader, { kind, curve = 'nistp256' }: KeyType): ReadKey {
  switch (kind) {
    case 'ed25519':
      return readEd25519(reader);
    case 'ecdsa':
      return readEcdsa(reader, curve);
    case 'rsa':
      return readRsa(reader);
  }
}

function readEd25519(reader: WireReader): ReadKey {
  const point = reader.string();
  if (point.length !== 32) {
    throw new Unreadable(`it has ${point.length} bytes where an Ed25519 key has 32`);
  }
  return { jwk: { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') } };
}

function readEcdsa(reader: WireReader, expected: CurveName): ReadKey {
  const [name, point] = [reader.name(), reader.string()];
  if (name !== expected) {
    throw new Unreadable(`its curve is not ${expected}`);
  }
  const { jwk: crv, size } = curves[expected];
  if (point.length !== 1 + 2 * size || point[0] !== 4) {
    throw new Unreadable('its point is not written out in full');
  }
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)].map((half) =>
    half.toString('base64url'),
  );
  return { jwk: { kty: 'EC', crv, x, y } };
}

function readRsa(reader: WireReader): ReadKey {
  const [exponent, modulus] = [reader.positiveNumber(), reader.positiveNumber()];
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
    throw new Unreadable(`it has ${bits} bits`);
  }
  // With 1 anybody could sign; an even one is none; OpenSSL takes none above 64 bits with a large modulus.
  const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1;
  if (!isOdd || exponent.length > 8 || (exponent.length === 1 && (exponent[0] ?? 0) < 3)) {
    throw new Unreadable('its exponent is none that RSA is safe with');
  }
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  return { jwk, signatureBytes: modulus.length };
}

function keyObject(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new Unreadable('it is no point of its curve, or no key at all');
  }
}
