import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { Leaf } from './fake-log';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKey = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A self-signed certificate, made once with `openssl req -x509`; nothing depends on its key or dates. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBjjCCATWgAwIBAgIUPKQoVhiSaMAWfT1u51cMOjdLnu4wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRcmVrb3Itcm90YXRlIHRlc3QwIBcNMjYxMTIzMDIzMDE0WhgP
MjEyNjEwMzAwMjMwMTRaMBwxGjAYBgNVBAMMEXJla29yLXJvdGF0ZSB0ZXN0MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECLfhjIoNm30RqZ1Bhct6nrNvTOvPuiYZ
xFK1dg+wqAgeRBQRDJPauME/QFEvD1EtZs9o7MBWcv21eJY5zqcE8qNTMFEwHQYD
VR0OBBYEFJxYUunLtxg8Seoax5wknx01rKq4MB8GA1UdIwQYMBaAFJxYUunLtxg8
Seoax5wknx01rKq4MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg
JOmZiAVA8MRoy86aEbO5LsPOKY6jWiZnXh5IG6ds3w0CIC54KsGQGa2iNR9JFgZx
DuVFdjMBJMwix0ZyOrfUvRfy
-----END CERTIFICATE-----
`;

/** A hashedrekord over a text, in Rekor's canonical form, signed with a plain key. */
export function hashedRekord(text: string, integratedTime: number, pem = publicKey): Leaf {
  const digest = createHash('sha256').update(text).digest('hex');
  const signature = sign('sha256', Buffer.from(text), key.privateKey).toString('base64');
  const body = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: digest } },
      signature: { content: signature, publicKey: { content: Buffer.from(pem).toString('base64') } },
    },
  };
  return { body: Buffer.from(JSON.stringify(body)), integratedTime };
}

/** The same with a certificate in place of the key, as keyless signing leaves it. */
export function hashedRekordWithCertificate(text: string, integratedTime: number): Leaf {
  return hashedRekord(text, integratedTime, certificate);
}

/** A kind that keeps hashes only, so that no bundle can be made of it. */
export function dsse(text: string, integratedTime: number): Leaf {
  const digest = createHash('sha256').update(text).digest('hex');
  const body = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { payloadHash: { algorithm: 'sha256', value: digest } },
  };
  return { body: Buffer.from(JSON.stringify(body)), integratedTime };
}
