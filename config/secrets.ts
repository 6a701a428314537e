import { readFileSync } from 'node:fs';
import { errorReason } from '../activities/errors/error-reason';
import { refuse, type RefusalError } from '../activities/errors/refusal-error';
import type { Environment } from './environment';

export { readAuthorities } from '../activities/clients/authorities';

/** Where a secret is kept. */
export type SecretSource = { readonly file: string } | { readonly environment: string };

/** A secret that the configuration names; `readSecret` reads it when it is needed and nothing else does. */
export type SecretReference = {
  /** The field's path in the configuration, for messages. */
  readonly field: string;
} & SecretSource;

/**
 * Reads a secret from where the configuration says that it is; one newline at its end is taken away. Refuses
 * SECRET_UNREADABLE. Call it when the secret is needed and keep the value nowhere, so that a changed one is found.
 */
export function readSecret(reference: SecretReference, environment: Environment = process.env): string {
  const { field } = reference;
  const source = 'file' in reference ? `file ${reference.file}` : `variable ${reference.environment}`;
  const unreadable = (reason: string, cause?: unknown): RefusalError =>
    refuse('SECRET_UNREADABLE', { field, source, reason }, cause);
  let value: string | undefined;
  try {
    value = 'file' in reference ? readFileSync(reference.file, 'utf8') : environment[reference.environment];
  } catch (error) {
    throw unreadable(errorReason(error), error);
  }
  const secret = value?.replace(/\r?\n$/, '');
  if (secret) {
    return secret;
  }
  throw unreadable(value === undefined ? 'it is not set' : 'it is empty');
}
