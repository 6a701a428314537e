import type { NextSigner } from '../activities/installation/next-signer';
import type { ExpectedSigner } from '../activities/systems';
import type { LogConfiguration } from '../config/configuration';
import { readSecret } from '../config/secrets';

type Configured = NonNullable<LogConfiguration['nextSigner']>;

/** What Rekor takes for a signer of Tink in place of a file or a URI (rekor:pkg/signer/signer.go). */
const TINK = 'tink';

/** What the installation writes. */
export function nextSigner(configured: Configured): NextSigner {
  const { keyFile, password, kms, tink } = configured;
  const parts = {
    signer: keyFile ?? kms ?? TINK,
    tinkKekUri: tink?.kekUri ?? '',
    tinkKeyset: tink?.keysetFile ?? '',
  };
  return {
    what: whatIs(configured),
    shown: {
      ...parts,
      signer: withoutKey(parts.signer),
      tinkKekUri: withoutKey(parts.tinkKekUri),
      password: password ? '<hidden>' : '',
    },
    values: () => ({ ...parts, password: password ? readSecret(password) : '' }),
  };
}

/** What a rotation asks of its key. */
export function expectedSigner(
  { name, tls }: Pick<LogConfiguration, 'name' | 'tls'>,
  { publicKey, trustedRootUrl }: Configured,
): ExpectedSigner {
  return {
    field: `logs.${name}.nextSigner`,
    publicKeyFile: publicKey,
    trustedRootUrl,
    authorities: tls?.caFile,
  };
}

/** In words, without what may be secret: which key it is of a service may tell one (H28). */
function whatIs({ keyFile, kms, tink }: Configured): string {
  if (keyFile !== undefined) {
    return `the key file ${keyFile}`;
  }
  return kms === undefined ? `the Tink keyset ${tink?.keysetFile ?? ''}` : `a key of ${withoutKey(kms)}`;
}

function withoutKey(value: string): string {
  const [scheme] = /^[a-z-]+:\/\//.exec(value) ?? [];
  return scheme === undefined ? value : `${scheme}<hidden>`;
}
