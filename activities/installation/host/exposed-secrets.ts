import { stat } from 'node:fs/promises';
import { refuse } from '../../errors/refusal-error';
import type { SlotPair } from './slot-pair';
import type { SignerChange } from './signer-change';

/** Everybody on the host may read it. */
const READ_BY_OTHERS = 0o004;

/**
 * Refuses SECRET_EXPOSED where a password would be written into a file that everybody on the host may read: a rotation keeps the
 * mode of each file, and Rekor's user may not be ours (H28).
 */
export async function requireUnexposed(
  { current, next }: SlotPair,
  signers: SignerChange | undefined,
): Promise<void> {
  if (!signers) return;
  const inLists = signers.named.some(({ values }) => values.has('password'));
  const files = [
    ...(inLists ? [current.shardingFile, next.shardingFile] : []),
    ...(signers.wanted.password === '' ? [] : [current.environmentFile, next.environmentFile]),
  ];
  for (const path of files) {
    // A file that is not there yet is made like that of the current slot.
    const found = await stat(path).catch(() => undefined);
    if (found && (found.mode & READ_BY_OTHERS) !== 0) {
      throw refuse('SECRET_EXPOSED', { path, what: 'the password of a signer' });
    }
  }
}
