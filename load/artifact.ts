import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** A release artifact as someone would sign it: random bytes, a detached signature, the signer's public key. */
export interface SignedArtifact {
  readonly bytes: Buffer;
  /** ECDSA over SHA-256 of the bytes, ASN.1. */
  readonly signature: Buffer;
  readonly publicKeyPem: string;
}

/** Makes artifacts that are signed with one P-256 key, which is made here and lives as long as the returned function. */
export function artifactSigner(): () => SignedArtifact {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return () => signedArtifact(privateKey, publicKeyPem);
}

function signedArtifact(privateKey: KeyObject, publicKeyPem: string): SignedArtifact {
  const bytes = randomBytes(64);
  return { bytes, signature: sign('sha256', bytes, privateKey), publicKeyPem };
}

/** The body of `POST /api/v1/log/entries` for an artifact: rekor:pkg/types/hashedrekord/v0.0.1. */
export function hashedRekord(artifact: SignedArtifact): string {
  return JSON.stringify({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: {
        hash: { algorithm: 'sha256', value: createHash('sha256').update(artifact.bytes).digest('hex') },
      },
      signature: {
        content: artifact.signature.toString('base64'),
        publicKey: { content: Buffer.from(artifact.publicKeyPem).toString('base64') },
      },
    },
  });
}
