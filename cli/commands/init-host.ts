import { initialConfiguration } from '../../init/host/configuration';
import { differences } from '../../init/host/one-log';
import { ownTrillian } from '../../init/host/own-trillian';
import { NamedUnreadable, search, type FoundLog } from '../../init/host/search';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { foundText, severalLogsText, unfitText } from '../init-host-text';
import type { Initial } from '../init-text';

export interface HostOptions {
  readonly unit: readonly string[];
  readonly compose: readonly string[];
  readonly kube: readonly string[];
}

/** A log has two Rekors, or one that gets a second beside it. */
const MOST_REKORS = 2;

/** A configuration from what runs on this host, or is set up to run. It reads files only. */
export function initOfHost(log: string, options: HostOptions, root: string): Initial {
  const found = searched(options, root);
  const rekors = found.programs.filter(({ program }) => program === 'rekor-server');
  if (rekors.length < 1 || rekors.length > MOST_REKORS) {
    throw new CommandError(unfitText(rekors), exitCodes.refused);
  }
  const different = differences(rekors, found);
  if (different.length > 0) {
    throw new CommandError(severalLogsText(rekors, different), exitCodes.refused);
  }
  return {
    ...initialConfiguration(log, found),
    foundText: (columns) => foundText(found.programs, ownTrillian(found).left, columns),
  };
}

function searched({ unit, compose, kube }: HostOptions, root: string): FoundLog {
  try {
    const named = { units: unit, composeFiles: compose, kubeFiles: kube };
    return search(named, { root, folder: process.cwd() });
  } catch (error) {
    if (error instanceof NamedUnreadable) throw new CommandError(error.message, exitCodes.usage);
    throw error;
  }
}
