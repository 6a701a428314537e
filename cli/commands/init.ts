import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { logName } from '../../config/schema';
import { initialConfiguration } from '../../init/host/configuration';
import { differences } from '../../init/host/one-log';
import { ownTrillian } from '../../init/host/own-trillian';
import { NamedUnreadable, search, type FoundLog } from '../../init/host/search';
import { withoutCredentials } from '../../workflows/model/without-credentials';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { foundText, notesText, severalLogsText, unfitText } from '../init-text';
import type { Terminal } from '../terminal';

export interface InitOptions {
  readonly unit: readonly string[];
  readonly compose: readonly string[];
  readonly kube: readonly string[];
  readonly out?: string;
}

/** A log has two Rekors, or one that gets a second beside it. */
const MOST_REKORS = 2;

const MOST_COLUMNS = 80;

/**
 * `init --host`: writes a configuration from what runs on this host, or is set up to run, and says what it could not find. It
 * reads files only. Exits with 7 when something is missing, with 3 when there is no Rekor, or more than those of one log.
 */
export function init(log: string, options: InitOptions, terminal: Terminal, root = '/'): number {
  const name = logName.safeParse(log);
  if (!name.success) {
    const allowed = name.error.issues[0]?.message ?? '';
    throw new CommandError(
      `LOG is ${JSON.stringify(withoutCredentials(log))}; allowed is ${allowed}.`,
      exitCodes.usage,
    );
  }
  const found = searched(options, root);
  const rekors = found.programs.filter(({ program }) => program === 'rekor-server');
  if (rekors.length < 1 || rekors.length > MOST_REKORS) {
    throw new CommandError(unfitText(rekors), exitCodes.refused);
  }
  const different = differences(rekors, found);
  if (different.length > 0) {
    throw new CommandError(severalLogsText(rekors, different), exitCodes.refused);
  }
  const { yaml, notes } = initialConfiguration(log, found);
  if (options.out === undefined) terminal.out(yaml.trimEnd());
  else writeNew(options.out, yaml);
  // Standard output may be a file, and what is said is read in a terminal all the same.
  const columns = Math.min(terminal.columns, MOST_COLUMNS);
  terminal.err(foundText(found.programs, ownTrillian(found).left, columns));
  terminal.err(notesText(notes, options.out === undefined ? undefined : resolve(options.out), columns));
  return notes.some(({ kind }) => kind !== 'assumed') ? exitCodes.attention.code : exitCodes.done.code;
}

function searched({ unit, compose, kube }: InitOptions, root: string): FoundLog {
  try {
    const named = { units: unit, composeFiles: compose, kubeFiles: kube };
    return search(named, { root, folder: process.cwd() });
  } catch (error) {
    if (error instanceof NamedUnreadable) throw new CommandError(error.message, exitCodes.usage);
    throw error;
  }
}

/** Never over a file that is there. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST'
        ? 'it is there already, and is left as it is. Name another file'
        : `it cannot be written (${code ?? 'for an unknown reason'})`;
    throw new CommandError(`--out is ${resolve(file)}; ${reason}.`, exitCodes.usage, { cause: error });
  }
}
