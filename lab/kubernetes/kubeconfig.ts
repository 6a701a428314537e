import { stringify } from 'yaml';
import type { Certificate } from './certificates';

/** A kubeconfig with everything in it, so that it may be copied. */
export function kubeconfig(server: string, authority: string, client: Certificate): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const name = 'rekor-rotate-lab';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(client.certificate),
          'client-key-data': base64(client.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
