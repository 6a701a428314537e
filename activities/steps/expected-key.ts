import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../clients/parse-json';
import { freshRequest } from '../clients/http';
import { errorReason } from '../errors/error-reason';
import { refuse } from '../errors/refusal-error';
import type { BoundSystems, ExpectedSigner } from '../systems';
import { readLogKey, type LogKey } from '../verification/log-key';
import { NotProven } from '../verification/not-proven';

/** The key that the configuration says the next signer has; undefined where it does not. Refuses SIGNER_UNUSABLE. */
export async function expectedKey({ field, publicKeyFile }: ExpectedSigner): Promise<LogKey | undefined> {
  if (publicKeyFile === undefined) {
    return undefined;
  }
  const unusable = (reason: string, cause: unknown): Error => {
    const where = `The file ${publicKeyFile} (${field}.publicKey)`;
    return refuse('SIGNER_UNUSABLE', { where, reason, allowed: 'a public key in PEM' }, cause);
  };
  const pem = await readFile(publicKeyFile, 'utf8').catch((error: unknown) => {
    throw unusable(errorReason(error), error);
  });
  try {
    // From a private key node:crypto would take the public one, and that is no file to leave there.
    if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
      throw new NotProven('ANSWER_UNREADABLE', 'it has none');
    }
    return readLogKey(pem);
  } catch (error) {
    throw unusable('there is no public key in it that can be read', error);
  }
}

/** How long the trusted root may take to come, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** As much of a trusted root as is looked at (sigstore/protobuf-specs: sigstore_trustroot.proto). */
const trustedRoot = z.object({
  tlogs: z.array(
    z.object({
      logId: z.object({ keyId: z.base64() }),
      publicKey: z.object({
        validFor: z.object({ start: z.string().optional(), end: z.string().optional() }).optional(),
      }),
    }),
  ),
});

/**
 * Clients trust a key from now on, and the former one still: the trusted root says so where they get it. Nothing is asked where
 * no place is configured.
 *
 * @throws TRUSTED_ROOT_UNREADABLE, TRUSTED_ROOT_LACKS_KEY
 */
export async function requirePublished(
  { bounds }: Pick<BoundSystems, 'bounds'>,
  { field, trustedRootUrl: url, authorities }: ExpectedSigner,
  { former, next }: { readonly former: string; readonly next: string },
): Promise<void> {
  if (url === undefined) {
    return;
  }
  const named = { url, field: `${field}.trustedRootUrl` };
  const request = { signal: bounds.signal, timeoutMs: TIMEOUT_MS, authorities };
  const answer = await freshRequest(url, request).catch((error: unknown) => {
    bounds.signal.throwIfAborted();
    throw refuse('TRUSTED_ROOT_UNREADABLE', { ...named, reason: errorReason(error) }, error);
  });
  const parsed = trustedRoot.safeParse(answer.status === 200 ? parseJson(answer.text) : undefined);
  if (!parsed.success) {
    const reason =
      answer.status === 200 ? 'it is no JSON of a trusted root' : `it is answered with ${answer.status}`;
    throw refuse('TRUSTED_ROOT_UNREADABLE', { ...named, reason });
  }
  const now = Date.now();
  for (const logId of [former, next]) {
    const entries = parsed.data.tlogs.filter(
      (entry) => Buffer.from(entry.logId.keyId, 'base64').toString('hex') === logId,
    );
    const periods = entries.map((entry) => entry.publicKey.validFor ?? {});
    const holds = periods.some(
      ({ start, end }) =>
        (start === undefined || Date.parse(start) <= now) && (end === undefined || Date.parse(end) > now),
    );
    // Entries of the former key are verified by the time they were made at; its period may have an end.
    if (logId === next ? !holds : entries.length === 0) {
      const reason = entries.length === 0 ? 'it has no entry with it' : 'its period is not of now';
      throw refuse('TRUSTED_ROOT_LACKS_KEY', { ...named, logId, reason });
    }
  }
}
