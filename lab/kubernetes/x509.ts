import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { pki } from 'node-forge';

/** Parts of certificates as node-forge makes them, for authorities that nobody else knows. */

const DAY_MS = 86_400_000;
/** Longer than any lab is left running, and than the clock of a virtual machine is off. */
const VALID_DAYS = 365;

/** A certificate that its issuer has yet to sign. */
export function unsignedCertificate(
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

/** An address or a DNS name, for the extension `subjectAltName`. */
export function alternativeName(address: string) {
  return isIP(address) ? { type: 7, ip: address } : { type: 2, value: address };
}

/** A key pair that Node.js has made, because node-forge takes seconds for one. Both as PEM. */
export function keyPairOf(pem: { readonly publicKey: string; readonly privateKey: string }): pki.rsa.KeyPair {
  return {
    publicKey: pki.publicKeyFromPem(pem.publicKey),
    privateKey: pki.privateKeyFromPem(pem.privateKey),
  };
}
