import fc from 'fast-check';
import { readPublicKey } from '../../approvals/public-key';
import { problemOf, readSignature } from '../../approvals/signature';
import { wireString } from '../../approvals/wire';
import { isTakenByOpenSsh, newKey, signed } from './open-ssh';
import { armoured, newSecurityKey } from './security-key';

const NAMESPACE = 'approval@rekor-rotate';
const MESSAGE = 'a rotation\n';

/** What our verifier says of a signature over MESSAGE; null when it is good. */
function problem(armour: string, message = MESSAGE): string | null {
  const read = readSignature(armour);
  return 'fault' in read ? read.fault : problemOf(read.signature, Buffer.from(message));
}

function blobOf(armour: string): Buffer {
  return Buffer.from(armour.replace(/-----[A-Z ]+-----/g, ''), 'base64');
}

interface Signer {
  readonly type: string;
  readonly line: string;
  readonly signature: string;
}

const keys: readonly Signer[] = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'ecdsa', '-b', '521'],
  ['-t', 'rsa', '-b', '2048'],
].map((args) => {
  const key = newKey(args);
  return {
    type: args.filter((_, at) => at % 2 === 1).join(' '),
    line: key.line,
    signature: signed(key, MESSAGE, NAMESPACE),
  };
});
const securityKeys: readonly Signer[] = (['ed25519', 'ecdsa'] as const).map((type) => {
  const key = newSecurityKey(type);
  return { type: `security key ${type}`, line: key.line, signature: key.signed(MESSAGE, NAMESPACE) };
});
const signers = [...keys, ...securityKeys];

/** Made with the device in software that OpenSSH 9.2p1 has for its own tests (sk-dummy.so), over "hello\n". */
const fromOpenSshDevice = [
  `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAgvl5gdb
ty+ffY3M1+p+V/9s6/9Fr0j4OYAA+ktCecfVUAAAAEc3NoOgAAAAF4AAAAAAAAAAZzaGE1
MTIAAABnAAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAQCTIHeV9KXULgodtgN
ohLhC6WhAVz64mtN8Uytl7rbXufg4693AP5Po3excsjp38reSQkwokel4DoGDKIrzbbQkB
EjRWeA==
-----END SSH SIGNATURE-----`,
  `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQ
AAAAhuaXN0cDI1NgAAAEEEe/LWFDrOlOY7SsnN1+Cl8Q0nXOYUv+8soAIKJ8/TkRduDic8
rPmh6VPxmB77UD86mtPcXJu5l5FYyk/ky+MnbAAAAARzc2g6AAAAAXgAAAAAAAAABnNoYT
UxMgAAAHkAAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQAAAEoAAAAh
APi4uFoYcjHRUgJrR1UJA+JGBijNfjPhqEA7nx9cvb37AAAAIQDeW0w58HX13u2LcgEKlL
zD2lusx7uS59/jztlQfY8uKAESNFZ4
-----END SSH SIGNATURE-----`,
];

describe.each(signers)('a signature by $type', ({ line, signature }) => {
  it('is verified, as ssh-keygen verifies it, with the key and the namespace that made it', () => {
    const read = readSignature(signature);
    const configured = readPublicKey(line);

    expect(isTakenByOpenSsh(signature, MESSAGE, NAMESPACE)).toBe(true);
    expect(problem(signature)).toBeNull();
    expect('signature' in read && read.signature.namespace).toBe(NAMESPACE);
    expect('signature' in read && 'key' in configured && read.signature.key.fingerprint).toBe(
      'key' in configured && configured.key.fingerprint,
    );
  });

  it('may stand in one line, with or without blanks for its line ends', () => {
    expect(problem(signature.replaceAll('\n', ''))).toBeNull();
    expect(problem(signature.replaceAll('\n', ' '))).toBeNull();
    expect(problem(signature.replaceAll('\n', '\r\n'))).toBeNull();
  });

  it('is refused over another text', () => {
    for (const other of ['', 'a rotation', 'A rotation\n', 'a rotation\n\n', 'a rotation\r\n']) {
      expect(problem(signature, other)).toContain('it is not by the key SHA256:');
    }
  });

  it('is refused when any byte of it is another one', () => {
    const blob = blobOf(signature);
    const taken: string[] = [];
    for (let position = 0; position < blob.length; position++) {
      for (const mask of [0x01, 0x20, 0x80, 0xff]) {
        const changed = Buffer.from(blob);
        changed.writeUInt8(changed.readUInt8(position) ^ mask, position);
        if (problem(armoured(changed)) === null) {
          taken.push(`${position}: ${mask}`);
        }
      }
    }
    expect(taken).toEqual([]);
  });

  it('is refused when it ends early, goes on, or has a character too many or another one', () => {
    const blob = blobOf(signature);
    const body = blob.toString('base64');
    const around = (inner: string) => `-----BEGIN SSH SIGNATURE-----${inner}-----END SSH SIGNATURE-----`;

    expect(problem(around(body))).toBeNull();
    for (let length = 0; length < blob.length; length++) {
      expect(problem(armoured(blob.subarray(0, length)))).not.toBeNull();
    }
    fc.assert(
      fc.property(
        fc.nat(body.length - 1),
        fc.constantFrom(...['A', 'z', '0', '9', '+', '/', '=', '-', '_', '.', '\u00e9']),
        (position, character) => {
          const inserted = body.slice(0, position) + character + body.slice(position);
          const replaced = body.slice(0, position) + character + body.slice(position + 1);
          expect(problem(around(inserted))).not.toBeNull();
          expect(problem(around(replaced)) === null).toBe(replaced === body);
        },
      ),
    );
    expect(problem(armoured(Buffer.concat([blob, Buffer.of(0)])))).toBe(
      'it has more bytes than it should have',
    );
  });
});

it.each(['sha256', 'sha512'])('is read with the hash %s', (hash) => {
  expect(problem(signed(newKey(['-t', 'ed25519']), MESSAGE, NAMESPACE, '-O', `hashalg=${hash}`))).toBeNull();
});

it.each(fromOpenSshDevice)('takes what a security key of OpenSSH has signed', (signature) => {
  const read = readSignature(signature);

  expect('signature' in read && read.signature.touch).toEqual({ flags: 1, counter: 0x12345678 });
  expect(problem(signature, 'hello\n')).toBeNull();
  expect(problem(signature, 'hullo\n')).not.toBeNull();
});

it.each(['ed25519', 'ecdsa'] as const)(
  'refuses a security key (%s) that nobody touched, though ssh-keygen takes it',
  (type) => {
    const key = newSecurityKey(type);
    const untouched = key.signed(MESSAGE, NAMESPACE, { flags: 4, counter: 7 });

    expect(isTakenByOpenSsh(untouched, MESSAGE, NAMESPACE)).toBe(true);
    expect(problem(untouched)).toContain('nobody touched the security key');
    expect(problem(key.signed(MESSAGE, NAMESPACE, { flags: 5, counter: 8 }))).toBeNull();
  },
);

describe('what is no signature', () => {
  const [ed25519] = keys.map(({ signature }) => blobOf(signature));
  const [key, otherKey, , , rsaKey] = keys.map(({ line }) => Buffer.from(line.split(' ')[1] ?? '', 'base64'));
  const outer = (parts: readonly (string | Buffer)[], version = 1) =>
    armoured(
      Buffer.concat([Buffer.from([...Buffer.from('SSHSIG'), 0, 0, 0, version]), ...parts.map(wireString)]),
    );
  const inner = Buffer.concat(['ssh-ed25519', Buffer.alloc(64)].map(wireString));
  const byRsa = (algorithm: string) => {
    const signature = Buffer.concat([algorithm, Buffer.alloc(256, 1)].map(wireString));
    return outer([rsaKey ?? '', 'x', '', 'sha512', signature]);
  };

  it.each<[string, string, RegExp]>([
    ['nothing', '', /does not begin with/],
    ['the signature of a file in PGP', '-----BEGIN PGP SIGNATURE-----', /does not begin with/],
    ['an armour around nothing', outer([]).replace(/\n[A-Za-z0-9+/=]+\n/, '\n'), /not base64/],
    ['another magic', armoured(Buffer.from(ed25519 ?? '').fill('X', 0, 1)), /not SSHSIG of version 1/],
    ['another version', outer([key ?? '', 'x', '', 'sha512', inner], 2), /not SSHSIG of version 1/],
    ['a reserved field with content', outer([key ?? '', 'x', 'y', 'sha512', inner]), /reserved/],
    ['another hash', outer([key ?? '', 'x', '', 'sha1', inner]), /neither sha256 nor sha512/],
    [
      'the algorithm of another key',
      outer([otherKey ?? '', 'x', '', 'sha512', inner]),
      /not made with ecdsa/,
    ],
    ['a namespace with a line end', outer([key ?? '', 'x\n', '', 'sha512', inner]), /a name in it/],
    ['a key that is none', outer(['', 'x', '', 'sha512', inner]), /ends too early/],
    [
      'a key of a type that is not known',
      outer([wireString('ssh-dss'), 'x', '', 'sha512', inner]),
      /ssh-dss/,
    ],
    [
      'a certificate',
      outer([wireString('ssh-ed25519-cert-v01@openssh.com'), 'x', '', 'sha512', inner]),
      /certificate/,
    ],
    ['RSA with SHA-1', byRsa('ssh-rsa'), /not made with rsa-sha2-512 or rsa-sha2-256/],
    ['RSA with a hash that SSH has none with', byRsa('rsa-sha2-384'), /not made with rsa-sha2-512/],
    ['RSA over another text', byRsa('rsa-sha2-256'), /not by the key SHA256:/],
    [
      'more text than a signature can have',
      `${' '.repeat(20_000)}${keys[0]?.signature ?? ''}`,
      /does not begin/,
    ],
  ])('is refused: %s', (_, text, words) => {
    expect(problem(text)).toMatch(words);
  });

  it('never throws, whatever text or bytes come', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 })), (input) => {
        const text = typeof input === 'string' ? input : armoured(Buffer.from(input));
        expect(typeof problem(text)).toBe('string');
        expect(readPublicKey(text)).toHaveProperty('found');
        expect(readPublicKey(`ssh-ed25519 ${Buffer.from(text).toString('base64')}`)).toHaveProperty('found');
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, whatever its parts are', () => {
    const part = fc.oneof(
      fc.constantFrom<string | Buffer>(
        ...[key, otherKey].map((known) => known ?? ''),
        inner,
        'sha512',
        'sha256',
        '',
      ),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        expect(typeof problem(outer(parts))).toBe('string');
      }),
      { numRuns: 2_000 },
    );
  });
});
