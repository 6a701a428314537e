import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { logName } from '../../config/schema';
import { withoutCredentials } from '../../workflows/model/without-credentials';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { notesText } from '../init-text';
import type { Terminal } from '../terminal';
import { initOfHost, type HostOptions } from './init-host';
import { initOfNamespace, type NamespaceOptions } from './init-namespace';

export interface InitOptions extends HostOptions, NamespaceOptions {
  readonly host?: boolean;
  readonly out?: string;
}

/** Where it is looked, where that is not the real place. */
export interface Places {
  /** The folder that the host's file system is mounted at. */
  readonly root?: string;
}

const MOST_COLUMNS = 80;

/**
 * `init --host` and `init --namespace`: write a configuration from what runs, or is set up to run, and say what they could not
 * find. They only read. Exit with 7 when something is missing, with 3 when there is no Rekor, or those of several logs.
 */
export async function init(
  log: string,
  options: InitOptions,
  terminal: Terminal,
  { root = '/' }: Places = {},
): Promise<number> {
  const name = logName.safeParse(log);
  if (!name.success) {
    const allowed = name.error.issues[0]?.message ?? '';
    throw new CommandError(
      `LOG is ${JSON.stringify(withoutCredentials(log))}; allowed is ${allowed}.`,
      exitCodes.usage,
    );
  }
  const { namespace } = options;
  requireOneWay(options);
  const { yaml, notes, foundText } =
    namespace === undefined
      ? initOfHost(log, options, root)
      : await initOfNamespace(log, { ...options, namespace }, terminal.interrupted);
  if (options.out === undefined) terminal.out(yaml.trimEnd());
  else writeNew(options.out, yaml);
  // Standard output may be a file, and what is said is read in a terminal all the same.
  const columns = Math.min(terminal.columns, MOST_COLUMNS);
  terminal.err(foundText(columns));
  terminal.err(notesText(notes, options.out === undefined ? undefined : resolve(options.out), columns));
  return notes.some(({ kind }) => kind !== 'assumed') ? exitCodes.attention.code : exitCodes.done.code;
}

/** Which options go with which way. */
const WAYS = {
  host: ['unit', 'compose', 'kube'],
  namespace: ['kubeconfig', 'context', 'deployment'],
} as const;

function requireOneWay(options: InitOptions): void {
  const { host = false, namespace } = options;
  if (host === (namespace !== undefined)) {
    const found = host ? 'both --host and --namespace' : 'neither --host nor --namespace';
    throw new CommandError(
      `init is given ${found}; give --host for a log on this host, or --namespace NAME for one in a Kubernetes cluster.`,
      exitCodes.usage,
    );
  }
  const [way, other] = host ? (['host', 'namespace'] as const) : (['namespace', 'host'] as const);
  const strange = WAYS[other].filter((option) => (options[option]?.length ?? 0) > 0);
  if (strange.length > 0) {
    throw new CommandError(
      `--${strange.join(' and --')} is given with --${way}; it goes with --${other} alone.`,
      exitCodes.usage,
    );
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
