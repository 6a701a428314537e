import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';

/** What systemd knows of the units that start the slots, as `systemctl show` tells it. Changes nothing. */

/** systemctl answers from memory, or not at all. Milliseconds. */
const ANSWER_MS = 2_000;

const run = promisify(execFile);

/** A start command that hands a unit to systemd, and how systemctl is called for it. */
export interface StartsUnit {
  readonly systemctl: readonly string[];
  readonly unit: string;
}

/** What changes nothing about which systemd is told, and of which unit. */
const harmless: ReadonlySet<string> = new Set([
  ...[
    '--no-block',
    '--wait',
    '--quiet',
    '-q',
    '--no-ask-password',
    '--no-pager',
    '--no-warn',
    '--system',
    '--',
  ],
  ...['--force', '-f', '--show-transaction', '-T', '--full', '-l'],
]);

/**
 * The unit that a command starts by `systemctl start UNIT`, itself or by sudo. Undefined for any other command: one that runs
 * systemctl elsewhere, as ssh, nsenter and `--host` do, or for another user's units, starts what the systemd that we ask does
 * not know.
 */
export function startsUnit(command: readonly string[]): StartsUnit | undefined {
  const bySudo = isNamed(command[0], 'sudo');
  const own = command.slice(bySudo ? 1 : 0);
  // Other options of sudo name another user or host, or take a word.
  const [program, ...words] = bySudo ? own.slice(own.findIndex((word) => !isPlainOfSudo(word))) : own;
  if (program === undefined || !isNamed(program, 'systemctl')) return undefined;
  const options = words.filter((word) => word.startsWith('-'));
  const isUsers = options.includes('--user');
  const isKnown = options.every((option) => harmless.has(option) || (option === '--user' && !bySudo));
  const [verb, unit] = words.filter((word) => !word.startsWith('-'));
  if (!isKnown || verb !== 'start' || unit === undefined) return undefined;
  return { systemctl: [program, ...(isUsers ? ['--user'] : [])], unit };
}

function isNamed(program: string | undefined, name: string): boolean {
  return program !== undefined && basename(program) === name;
}

function isPlainOfSudo(word: string): boolean {
  return ['-n', '--non-interactive', '--'].includes(word);
}

/** Properties of a unit, by their names; undefined where systemd cannot be asked. */
export async function shownOf(
  { systemctl, unit }: StartsUnit,
  properties: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
  const [program = '', ...options] = systemctl;
  const words = [...options, 'show', `--property=${properties.join(',')}`, unit];
  const answer = await run(program, words, { signal, timeout: ANSWER_MS }).catch(() => undefined);
  signal.throwIfAborted();
  return answer && readProperties(answer.stdout);
}

/** `NAME=value` lines, in whatever order. */
export function readProperties(shown: string): ReadonlyMap<string, string> {
  return new Map(
    shown.split('\n').map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')];
    }),
  );
}
