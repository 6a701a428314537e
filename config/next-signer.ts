import * as field from './fields';
import { section } from './fields';
import type { Path } from './problems';
import { at, textAt, type Broken } from './raw-section';

/** The forms of a signer, as Rekor has them (rekor:pkg/signer/signer.go). */
const forms = ['keyFile', 'kms', 'tink'] as const;
const ONE_FORM = 'exactly one of keyFile, kms and tink';

/** The signer that shards are signed with from the next rotation on. */
export const nextSigner = section({
  keyFile: field
    .file('a PEM file')
    .optional()
    .describe('The PEM file of the private key, where Rekor finds it. Only Rekor reads it.'),
  password: field.secret().optional().describe('Where the password of keyFile stands.'),
  kms: field
    .text(
      'awskms://, azurekms://, gcpkms:// or hashivault:// and a key',
      /^(?:awskms|azurekms|gcpkms|hashivault):\/\/\S+$/,
    )
    .optional()
    .describe('The key of a key management service, as --rekor_server.signer takes it.'),
  tink: field
    .section({
      kekUri: field
        .text('a URI such as gcp-kms://projects/...', /^[a-z][a-z0-9-]*:\/\/\S+$/)
        .describe('The key that encrypts the keyset: --rekor_server.tink_kek_uri.'),
      keysetFile: field
        .file('a file')
        .describe('The encrypted keyset, where Rekor finds it: --rekor_server.tink_keyset_path.'),
    })
    .optional()
    .describe('A Tink keyset.'),
  publicKey: field
    .file('a PEM file')
    .optional()
    .describe(
      'The public key that it must be. With it the plan has the entry of the trusted root to publish.',
    ),
  trustedRootUrl: field
    .documentUrl()
    .optional()
    .describe(
      'Where clients get the trusted root. The new key must be in it before a shard is signed with that.',
    ),
});

/** What is wrong between its fields. */
export function nextSignerRules(path: Path, given: unknown): Broken[] {
  if (given === undefined) return [];
  const found = forms.filter((form) => at(given, [form]) !== undefined);
  const keyFile = textAt(given, ['keyFile']);
  const isNoFile = keyFile !== undefined && /^(?:memory|tink|[a-z-]+:\/\/.*)$/.test(keyFile);
  return [
    ...(found.length === 1
      ? []
      : [{ at: path, found: found.length === 0 ? 'none of them' : found.join(' and '), allowed: ONE_FORM }]),
    ...(at(given, ['password']) !== undefined && keyFile === undefined
      ? [{ at: [...path, 'password'], found: 'a password', allowed: 'none without keyFile' }]
      : []),
    ...(isNoFile
      ? [
          {
            at: [...path, 'keyFile'],
            found: keyFile === 'memory' ? 'memory, whose key ends with its process' : 'no path of a file',
            allowed: 'the path of a PEM file; the fields kms and tink are for the others',
          },
        ]
      : []),
  ];
}
