import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ApiServer } from './api-server';

/** Writes a kubeconfig for a server with one context, `test`; what is given replaces what it would have. */
export function kubeconfig(
  server: Pick<ApiServer, 'url' | 'authority'>,
  user: object = { token: 'the-token' },
  cluster: object = {},
): string {
  const file = join(mkdtempSync(join(tmpdir(), 'kubeconfig-')), 'config');
  writeFileSync(
    file,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'here',
          cluster: {
            server: server.url,
            'certificate-authority-data': base64(readFileSync(server.authority.file)),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'us', user }],
      contexts: [{ name: 'test', context: { cluster: 'here', user: 'us' } }],
      'current-context': 'test',
    }),
  );
  return file;
}

export function base64(text: Buffer | string): string {
  return Buffer.from(text).toString('base64');
}
