import { stringify } from 'yaml';
import type { Certificate } from './certificates';

/** As whom somebody comes: by a certificate, or by the token of a ServiceAccount. */
export type Credentials = Certificate | { readonly token: string };

/** A kubeconfig with everything in it, so that it may be copied. */
export function kubeconfig(server: string, authority: string, client: Credentials): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const name = 'rekor-rotate-lab';
  const user =
    'token' in client
      ? { token: client.token }
      : {
          'client-certificate-data': base64(client.certificate),
          'client-key-data': base64(client.key),
        };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
