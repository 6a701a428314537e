import { generateKeyPair, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { md, pki } from 'node-forge';

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

const DAY_MS = 86_400_000;
/** Longer than any lab is left running, and than the clock of a virtual machine is off. */
const VALID_DAYS = 365;

export async function newClusterAuthority(): Promise<ClusterAuthority> {
  const keys = await newKeys();
  const issuer = [{ name: 'commonName', value: 'rekor-rotate lab' }];
  const root = unsigned(keys.publicKey, issuer, issuer);
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
      const leaf = unsigned(own.publicKey, subject, issuer);
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

function alternativeName(address: string) {
  return isIP(address) ? { type: 7, ip: address } : { type: 2, value: address };
}

async function pemKeys() {
  return await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** Node.js makes the keys, because node-forge takes seconds for one. */
async function newKeys(): Promise<pki.rsa.KeyPair> {
  const { publicKey, privateKey } = await pemKeys();
  return { publicKey: pki.publicKeyFromPem(publicKey), privateKey: pki.privateKeyFromPem(privateKey) };
}

function unsigned(
  key: pki.rsa.PublicKey,
  subject: pki.CertificateField[],
  issuer: pki.CertificateField[],
): pki.Certificate {
  const made = pki.createCertificate();
  made.publicKey = key;
  // Positive, as certificates must be: the first bit is 0.
  made.serialNumber = `01${randomBytes(15).toString('hex')}`;
  made.validity.notBefore = new Date(Date.now() - DAY_MS);
  made.validity.notAfter = new Date(Date.now() + VALID_DAYS * DAY_MS);
  made.setSubject(subject);
  made.setIssuer(issuer);
  return made;
}
