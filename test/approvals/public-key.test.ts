import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { readPublicKey } from '../../approvals/public-key';
import { wireString } from '../../approvals/wire';
import { newKey } from './open-ssh';
import { newSecurityKey } from './security-key';

function found(line: string): string {
  const read = readPublicKey(line);
  return 'found' in read ? read.found : `${read.key.type} ${read.key.fingerprint}`;
}

function lineOf(type: string, ...parts: readonly (Buffer | string)[]): string {
  return `${type} ${Buffer.concat([type, ...parts].map(wireString)).toString('base64')}`;
}

const ed25519 = newKey(['-t', 'ed25519']);

describe('a public key', () => {
  it.each([
    ['-t', 'ed25519'],
    ['-t', 'ecdsa', '-b', '256'],
    ['-t', 'ecdsa', '-b', '384'],
    ['-t', 'ecdsa', '-b', '521'],
    ['-t', 'rsa', '-b', '2048'],
    ['-t', 'rsa', '-b', '4096'],
  ])('has the fingerprint that ssh-keygen shows (%s)', (...args) => {
    const { publicFile, line } = newKey(args.filter((arg) => typeof arg === 'string'));
    const [, shown] = execFileSync('ssh-keygen', ['-l', '-f', publicFile], { encoding: 'utf8' }).split(' ');

    expect(found(line)).toBe(`${line.split(' ')[0] ?? ''} ${shown ?? ''}`);
    expect(found(`  ${line}\n`)).toBe(found(line));
    expect(found(line.split(' ').slice(0, 2).join(' '))).toBe(found(line));
  });

  it.each(['ed25519', 'ecdsa'] as const)('may be of a security key (%s)', (type) => {
    expect(found(newSecurityKey(type).line)).toMatch(/^sk-\S+ SHA256:/);
  });

  it('is of another fingerprint, or refused, when any byte of it is another one', () => {
    const [type = '', base64 = ''] = ed25519.line.split(' ');
    const blob = Buffer.from(base64, 'base64');
    for (let position = 0; position < blob.length; position++) {
      const changed = Buffer.from(blob);
      changed.writeUInt8(changed.readUInt8(position) ^ 0x04, position);
      expect(found(`${type} ${changed.toString('base64')}`)).not.toBe(found(ed25519.line));
    }
  });
});

describe('what is no key to approve with', () => {
  const number = (bits: number, last: number) => {
    const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
    bytes.writeUInt8(last, bytes.length - 1);
    return Buffer.concat([Buffer.of(0), bytes]);
  };
  const e = Buffer.of(1, 0, 1);
  const [, point = ''] = ed25519.line.split(' ');

  it.each<[string, string, RegExp]>([
    ['nothing', '', /^a text that is no public key$/],
    ['a word', 'ssh-ed25519', /^a key of type ssh-ed25519 that cannot be used: it is not base64$/],
    ['a name of JavaScript', 'constructor AAAA', /^a text that is no public key$/],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk', /^a private key$/],
    ['options before the key', `namespaces="git" ${ed25519.line}`, /^a text that is no public key$/],
    ['two lines', `${ed25519.line}\n${ed25519.line}`, /^a text that is no public key$/],
    [
      'another type than it is',
      ed25519.line.replace('ssh-ed25519', 'ssh-rsa'),
      /^a key of type ssh-ed25519 under another name$/,
    ],
    ['DSA', lineOf('ssh-dss', 'x'), /^a key of type ssh-dss$/],
    ['a certificate', lineOf('ssh-ed25519-cert-v01@openssh.com', 'x'), /^a certificate, /],
    ['base64 that is cut off', `ssh-ed25519 ${point.slice(0, -3)}`, /not base64|too early/],
    ['a short Ed25519 key', lineOf('ssh-ed25519', Buffer.alloc(31)), /31 bytes/],
    ['something after the key', lineOf('ssh-ed25519', Buffer.alloc(32), 'x'), /more bytes/],
    [
      'a curve of another name',
      lineOf('ecdsa-sha2-nistp256', 'nistp384', Buffer.alloc(65, 4)),
      /its curve is not nistp256/,
    ],
    [
      'a point off its curve',
      lineOf('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(65, 4)),
      /no point of its curve/,
    ],
    ['a compressed point', lineOf('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(33, 2)), /not written out/],
    ['RSA of 1024 bits', newKey(['-t', 'rsa', '-b', '1024']).line, /it has 1024 bits$/],
    [
      'RSA of 2047 bits',
      lineOf('ssh-rsa', e, Buffer.concat([Buffer.of(0x7f), Buffer.alloc(255, 0xff)])),
      /it has 2047 bits$/,
    ],
    ['RSA of too many bits', lineOf('ssh-rsa', e, number(16_392, 0xff)), /no public key|it has 16392 bits$/],
    ['RSA with the exponent 1', lineOf('ssh-rsa', Buffer.of(1), number(2048, 0xff)), /its exponent/],
    ['RSA with an even exponent', lineOf('ssh-rsa', Buffer.of(4), number(2048, 0xff)), /its exponent/],
    ['RSA with a negative number', lineOf('ssh-rsa', e, Buffer.alloc(256, 0xff)), /not positive/],
  ])('is refused: %s', (_, line, words) => {
    expect(found(line)).toMatch(words);
  });

  it('is never quoted, since it may be a secret', () => {
    fc.assert(
      fc.property(
        fc.base64String({ minLength: 12 }),
        fc.constantFrom('', 'x ', 'ssh-ed25519 '),
        (secret, before) => {
          expect(found(before + secret)).not.toContain(secret);
        },
      ),
    );
  });
});
