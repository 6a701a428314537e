import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { errorReason } from '../activities/errors/error-reason';
import { OwnWords } from '../activities/errors/own-words';
import { refuse } from '../activities/errors/refusal-error';
import { checkDocument } from './check';
import type { Configuration, LogConfiguration } from './configuration';
import { readDocument } from './document';
import type { Environment } from './environment';
import { allKinds, type Kinds } from './kinds';
import { ConfigurationError } from './problems';
import { told } from './told';

const DEFAULT_FILE = 'rekor-rotate.yaml';

/**
 * Reads and validates the configuration: the given file, else the one that REKOR_ROTATE_CONFIG names, else
 * `rekor-rotate.yaml` in the working folder. Secrets are not read.
 *
 * @throws ConfigurationError with every problem at once.
 */
export function loadConfiguration(
  path?: string,
  environment: Environment = process.env,
  kinds: Kinds = allKinds,
): Configuration {
  const file = resolve(path ?? (environment['REKOR_ROTATE_CONFIG'] || DEFAULT_FILE));
  const document = readDocument(contentOf(file, path, environment));
  const checked = checkDocument(document, kinds);
  if ('problems' in checked) {
    throw new ConfigurationError(file, checked.problems);
  }
  const { logs, ...rest } = told(checked.valid, dirname(file));
  const byName = Object.entries(logs).map(([name, log]) => [name, { name, ...log }] as const);
  return { file, ...rest, logs: Object.fromEntries(byName) };
}

/** The configuration of one log; refuses UNKNOWN_LOG with the nearest name. */
export function logNamed(configuration: Configuration, name: string): LogConfiguration {
  const log = Object.hasOwn(configuration.logs, name) ? configuration.logs[name] : undefined;
  if (log) {
    return log;
  }
  const known = Object.keys(configuration.logs);
  throw refuse('UNKNOWN_LOG', { log: name, known, nearest: closest(name, known) });
}

function contentOf(file: string, asked: string | undefined, environment: Environment): string {
  try {
    if (statSync(file).isDirectory()) {
      throw new OwnWords('it is a directory');
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const tried = asked
      ? 'it was named with --config'
      : environment['REKOR_ROTATE_CONFIG']
        ? 'REKOR_ROTATE_CONFIG names it'
        : `tried were --config (not given), REKOR_ROTATE_CONFIG (not set) and ${DEFAULT_FILE} in the working folder`;
    const found = `a file that cannot be read (${errorReason(error)})`;
    throw new ConfigurationError(file, [{ path: '', found, allowed: `a readable file; ${tried}` }], {
      cause: error,
    });
  }
}
