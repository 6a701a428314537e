import { loadConfiguration } from '../config/load';
import { isTreeId } from '../workflows/model/request';
import { shown } from '../workflows/model/shown';
import { CommandError } from './errors';
import { exitCodes } from './exit-codes';
import type { Terminal } from './terminal';

/** A command about a log, with what was given of its name and options; gives the exit code. */
export type LogCommand<Options> = (
  log: string | undefined,
  options: Options,
  terminal: Terminal,
) => Promise<number>;

/**
 * The log that a command was given. Ends the command when that or anything else is missing, and says all of it at once: whoever
 * is told of one thing at a time has to try as often.
 *
 * @param options of the command: its configuration says which logs there are.
 * @param problems what else is missing or wrong, a sentence each; undefined for what is right.
 */
export function logGiven(
  log: string | undefined,
  { config }: { readonly config?: string },
  ...problems: readonly (string | undefined)[]
): string {
  const missing =
    log === undefined ? `Name the log of the configuration: LOG.${logsThereAre(config)}` : undefined;
  const found = [missing, ...problems].filter((problem) => problem !== undefined);
  if (log !== undefined && found.length === 0) {
    return log;
  }
  const text = found.length === 1 ? found.join('') : ['This is missing or wrong:', ...found].join('\n');
  throw new CommandError(text, exitCodes.usage);
}

/** What is wrong with an option that has to be some words. */
export function wordsMissing(value: string | undefined, sentence: string): string | undefined {
  return value === undefined || value.trim() === '' ? sentence : undefined;
}

/** What is wrong with an option that names a tree; undefined when nothing is. */
export function treeIdProblem(option: string, value: string | undefined): string | undefined {
  return value === undefined || isTreeId(value)
    ? undefined
    : `${option} is ${shown(value)}; allowed is a tree id: its digits, without anything else.`;
}

/** What is wrong with a configuration is said once a log is named. */
function logsThereAre(config: string | undefined): string {
  try {
    return ` It has ${Object.keys(loadConfiguration(config).logs).join(', ')}.`;
  } catch {
    return '';
  }
}
