import { basename } from 'node:path';
import { mayStandForMore } from './command-line-flags';
import type { ProgramName } from './found-program';
import { wordsOf } from './shell-words';
import { wantedFlags } from './wanted-flags';

/** The name of each program, and those that images and packages give it. */
const names: Readonly<Record<string, ProgramName>> = {
  'rekor-server': 'rekor-server',
  trillian_log_server: 'trillian_log_server',
  'trillian-log-server': 'trillian_log_server',
  trillian_log_signer: 'trillian_log_signer',
  'trillian-log-signer': 'trillian_log_signer',
};

/** A program of a log, and what its wanted flags are given. */
export interface Started {
  readonly program: ProgramName;
  readonly flags: ReadonlyMap<string, string>;
  /** It may be started with flags that nothing here shows: a variable may stand for several. */
  readonly mayHaveMore: boolean;
}

/** What programs run others: the program stands behind them, among their words. */
const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash']);

/**
 * The program of a log that a command line starts, itself, by a shell's `-c` or behind another program such as `env`.
 * Undefined where it starts none.
 */
export function startedBy(words: readonly string[]): Started | undefined {
  const script = scriptOf(words);
  if (script !== undefined) return startedBy(wordsOf(script));
  const at = words.findIndex((word) => Object.hasOwn(names, basename(word)));
  const program = names[basename(words[at] ?? '')];
  if (program === undefined) return undefined;
  const own = words.slice(at + 1);
  const flags = wantedFlags(program, own);
  // Behind another program its name may as well be that of a file.
  const isRun = at === 0 || flags.size > 0 || words[at + 1] === 'serve';
  const isOption = words.slice(0, at).some((word) => word.startsWith('-') && word !== '--');
  return isRun && !isOption ? { program, flags, mayHaveMore: mayStandForMore(own) } : undefined;
}

/** The program of a log that an image runs whose command is only arguments: told by them, else by names that its operator gave. */
export function startedWith(args: readonly string[], called: readonly string[]): Started | undefined {
  const named = called.map(programCalled).find((program) => program !== undefined);
  const isRekor = args.some((word) => word.startsWith('--trillian_log_server.'));
  const isTrillian = args.some((word) => /^--?(rpc_endpoint|storage_system|sequencer_interval)\b/.test(word));
  const isSigner = args.some((word) => /^--?(sequencer_|force_master|num_sequencers)/.test(word));
  const byFlags = isRekor ? 'rekor-server' : isSigner ? 'trillian_log_signer' : undefined;
  const program = byFlags ?? (isTrillian ? (named ?? 'trillian_log_server') : undefined);
  return program && { program, flags: wantedFlags(program, args), mayHaveMore: mayStandForMore(args) };
}

/** The program that an image or a service is named after. */
function programCalled(name: string): ProgramName | undefined {
  const plain = name.replaceAll(/[-_]/g, '').toLowerCase();
  if (/logsigner/.test(plain)) return 'trillian_log_signer';
  return /logserver/.test(plain) ? 'trillian_log_server' : undefined;
}

/** What a shell is given to read: `sh -c SCRIPT`. */
function scriptOf([shell = '', ...words]: readonly string[]): string | undefined {
  const at = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  return SHELLS.has(basename(shell)) && at >= 0 ? words[at + 1] : undefined;
}
