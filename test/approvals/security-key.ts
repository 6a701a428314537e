import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { wireString } from '../../approvals/wire';

/** A FIDO security key in software, as PROTOCOL.u2f describes what a real one signs; ssh-keygen takes its signatures. */
export interface SecurityKey {
  /** As in a .pub file. */
  readonly line: string;
  readonly signed: (message: string, namespace: string, touch?: { flags: number; counter: number }) => string;
}

export function newSecurityKey(type: 'ed25519' | 'ecdsa'): SecurityKey {
  const application = 'ssh:';
  const { privateKey, publicKey } =
    type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = type === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const [left, right] = [x, y].map((coordinate) => Buffer.from(coordinate, 'base64url'));
  const parts =
    type === 'ed25519'
      ? [left ?? '']
      : ['nistp256', Buffer.concat([Buffer.of(4), left ?? Buffer.of(), right ?? Buffer.of()])];
  const blob = Buffer.concat([name, ...parts, application].map(wireString));
  return {
    line: `${name} ${blob.toString('base64')} ada@example.com`,
    signed: (message, namespace, touch = { flags: 1, counter: 7 }) => {
      const digest = createHash('sha512').update(message).digest();
      const data = Buffer.concat([
        Buffer.from('SSHSIG'),
        ...[namespace, '', 'sha512', digest].map(wireString),
      ]);
      const flagsAndCounter = Buffer.from([touch.flags, 0, 0, 0, touch.counter]);
      const toSign = Buffer.concat([sha256(application), flagsAndCounter, sha256(data)]);
      const inner = Buffer.concat([
        ...[name, signatureBytes(privateKey, type, toSign)].map(wireString),
        flagsAndCounter,
      ]);
      return armoured(
        Buffer.concat([
          Buffer.from('SSHSIG\0\0\0\u0001'),
          ...[blob, namespace, '', 'sha512', inner].map(wireString),
        ]),
      );
    },
  };
}

/** The text of a signature. */
export function armoured(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

function sha256(content: string | Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

function signatureBytes(key: KeyObject, type: 'ed25519' | 'ecdsa', data: Buffer): Buffer {
  if (type === 'ed25519') {
    return sign(null, data, key);
  }
  const both = sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
  return Buffer.concat([both.subarray(0, 32), both.subarray(32)].map(positiveNumber).map(wireString));
}

/** The shortest form that RFC 4251 allows. */
function positiveNumber(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const shortest = bytes.subarray(start);
  return (shortest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), shortest]) : shortest;
}
