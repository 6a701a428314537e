import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { md, pki } from 'node-forge';
import { alternativeName, keyPairOf, unsignedCertificate } from '../../lab/kubernetes/x509';

/** A certificate authority that nobody else knows, made for one test. */
export interface PrivateAuthority {
  /** A PEM file with its certificate. */
  readonly file: string;
  /** Certificate and key of a server with this IP address or DNS name. */
  serverFor(address: string): { readonly cert: string; readonly key: string };
}

export function privateAuthority(): PrivateAuthority {
  const authority = newKeys();
  const subject = [{ name: 'commonName', value: 'Authority of a test' }];
  const root = unsignedCertificate(authority.publicKey, subject, subject);
  root.setExtensions([{ name: 'basicConstraints', cA: true, critical: true }]);
  root.sign(authority.privateKey, md.sha256.create());
  const file = join(mkdtempSync(join(tmpdir(), 'authority-')), 'ca.pem');
  writeFileSync(file, pki.certificateToPem(root));
  return {
    file,
    serverFor(address) {
      const server = newKeys();
      const leaf = unsignedCertificate(server.publicKey, [{ name: 'commonName', value: address }], subject);
      leaf.setExtensions([
        {
          name: 'subjectAltName',
          altNames: [alternativeName(address)],
        },
      ]);
      leaf.sign(authority.privateKey, md.sha256.create());
      return { cert: pki.certificateToPem(leaf), key: pki.privateKeyToPem(server.privateKey) };
    },
  };
}

function newKeys(): pki.rsa.KeyPair {
  return keyPairOf(
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }),
  );
}

export interface TlsProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Takes TLS connections on 127.0.0.1 and passes on what comes, as a terminating proxy does, to that port of 127.0.0.1. */
export async function tlsProxy(
  server: { readonly cert: string; readonly key: string },
  upstreamPort: number,
): Promise<TlsProxy> {
  const sockets = new Set<Socket>();
  const proxy = createServer(server, (client) => {
    const upstream = connect(upstreamPort, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      // A client that trusts nobody here breaks off; either end takes the other with it.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
