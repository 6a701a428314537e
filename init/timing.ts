import { formatDuration } from '../config/quantities';
import { trillian as schema } from '../config/schema';
import type { FoundProgram } from '../programs/found-program';
import { valueOf } from '../programs/variables';
import { goDurationMs } from './go-duration';
import { assumed, found, missing, type Setting } from './settings';

/** The longest of the signers'; Trillian's default where none of them says it. */
export function timing(
  key: 'signerInterval' | 'guardWindow',
  flag: string,
  byDefault: string,
  signers: readonly Pick<FoundProgram, 'flags' | 'variable' | 'where'>[],
): Setting {
  if (signers.length === 0) {
    return assumed(key, byDefault, `Trillian's default; no signer of it was seen. It must be its --${flag}.`);
  }
  const given = signers.map((signer) =>
    signer.flags.has(flag) ? goDurationMs(valueOf(signer, flag) ?? '') : goDurationMs(byDefault),
  );
  const longest = given.includes(undefined) ? undefined : Math.max(...given.map((ms) => ms ?? 0));
  const text = longest === undefined ? '' : formatDuration(longest);
  return schema.shape[key].safeParse(text).success
    ? found(key, text, `--${flag}, or its default.`)
    : missing(
        key,
        byDefault,
        `--${flag} of ${signers.map(({ where }) => where).join(', ')} is none that is allowed here.`,
      );
}
