import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { md, pki } from 'node-forge';
import { alternativeName, keyPairOf, unsignedCertificate } from './x509';

const generate = promisify(generateKeyPair);

/** A certificate and its private key, both as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate names; Kubernetes reads the user and its groups there (kubernetes: RBAC, "user names"). */
export interface Subject {
  readonly name: string;
  readonly group?: string;
  /** Addresses and names at which it serves; without any it is a client only. */
  readonly serves?: readonly string[];
}

/** The authority of one cluster; its key is never written down, so nobody is let in later. */
export interface ClusterAuthority {
  readonly certificate: string;
  issue(subject: Subject): Promise<Certificate>;
}

export async function newClusterAuthority(): Promise<ClusterAuthority> {
  const keys = await newKeys();
  const issuer = [{ name: 'commonName', value: 'rekor-rotate lab' }];
  const root = unsignedCertificate(keys.publicKey, issuer, issuer);
  root.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);
  root.sign(keys.privateKey, md.sha256.create());
  return {
    certificate: pki.certificateToPem(root),
    async issue({ name, group, serves = [] }) {
      const own = await newKeys();
      const subject = [
        { name: 'commonName', value: name },
        ...(group === undefined ? [] : [{ name: 'organizationName', value: group }]),
      ];
      const leaf = unsignedCertificate(own.publicKey, subject, issuer);
      leaf.setExtensions([
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
        { name: 'extKeyUsage', clientAuth: true, serverAuth: serves.length > 0 },
        ...(serves.length > 0 ? [{ name: 'subjectAltName', altNames: serves.map(alternativeName) }] : []),
      ]);
      leaf.sign(keys.privateKey, md.sha256.create());
      return { certificate: pki.certificateToPem(leaf), key: pki.privateKeyToPem(own.privateKey) };
    },
  };
}

/** The key pair with which the cluster signs the tokens of its service accounts. */
export async function newTokenKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  return await pemKeys();
}

async function pemKeys() {
  return await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

async function newKeys(): Promise<pki.rsa.KeyPair> {
  return keyPairOf(await pemKeys());
}
