import { RefusalError } from '../../activities/errors/refusal-error';
import { loadConfiguration, logNamed } from '../../config/load';
import { temporalTarget } from '../../config/temporal-target';
import { insertGateOf, removeGateOf, type PastGateWait } from '../../workers/inserted-gate';
import { CommandError, exitCodeOfError } from '../errors';
import { exitCodes } from '../exit-codes';
import { insertedText, movedText, removedText, seenText } from '../inserted-gate-text';
import type { Terminal } from '../terminal';
import { logGiven, type LogCommand } from '../usage';
import { wholeNumbersOf } from '../whole-number';

interface GateMoveOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export interface GateInsertOptions extends GateMoveOptions {
  /** False with `--no-wait`. */
  readonly wait?: boolean;
  /** Seconds. */
  readonly quietFor?: string;
  /** Seconds. */
  readonly within?: string;
}

/** Longer than what proxies and clients keep an idle connection for, usually; seconds. */
const QUIET_FOR_S = 60;
const WITHIN_S = 600;
const MOST_S = 86_400;

/** How wide texts are at most: they are copied into tickets. */
const COLUMNS = 80;

/** So often somebody who waits is told how it stands, in milliseconds. */
const TOLD_EVERY_MS = 10_000;

/** `gate insert LOG`: clients are led to the gate; then it is waited for that nobody reaches Rekor past it. */
export const gateInsert: LogCommand<GateInsertOptions> = async (name, options, terminal) => {
  const problems: string[] = [];
  const wait = options.wait === false ? null : waitGiven(options, problems);
  const log = logGiven(name, options, ...problems);
  const configuration = logNamed(loadConfiguration(options.config), log);
  const columns = Math.min(terminal.columns, COLUMNS);
  let isMoved = false;
  let toldAtMs = 0;
  const inserted = await orRefused(
    terminal,
    () => isMoved,
    async () =>
      insertGateOf(
        configuration,
        {
          wait,
          moved: (moved) => {
            isMoved = true;
            if (!options.json) terminal.out(movedText(moved));
          },
          seen: (seen) => {
            if (!wait || seen.tookMs < toldAtMs) return;
            toldAtMs = seen.tookMs + TOLD_EVERY_MS;
            terminal.err(seenText(seen, wait.quietForMs));
          },
        },
        terminal.interrupted,
      ),
  );
  terminal.out(
    options.json ? JSON.stringify(inserted, null, 2) : insertedText(inserted, wait?.quietForMs ?? 0, columns),
  );
  return (inserted.waited?.quiet === false ? exitCodes.attention : exitCodes.done).code;
};

/** `gate remove LOG`: clients are led to Rekor again, exactly as before. */
export const gateRemove: LogCommand<GateMoveOptions> = async (name, options, terminal) => {
  const log = logGiven(name, options);
  const configuration = loadConfiguration(options.config);
  const configured = logNamed(configuration, log);
  const target = await temporalTarget(configuration.temporal);
  const removed = await orRefused(
    terminal,
    () => false,
    () => removeGateOf(target, configured, terminal.interrupted),
  );
  const columns = Math.min(terminal.columns, COLUMNS);
  terminal.out(options.json ? JSON.stringify(removed, null, 2) : removedText(removed, columns));
  return exitCodes.done.code;
};

function waitGiven(options: GateInsertOptions, problems: string[]): PastGateWait {
  const wholeNumber = wholeNumbersOf(problems);
  const quietFor = wholeNumber('--quiet-for', options.quietFor ?? String(QUIET_FOR_S), 1, MOST_S);
  const within = wholeNumber('--within', options.within ?? String(WITHIN_S), 1, MOST_S);
  if (quietFor > within) {
    problems.push(`--quiet-for is ${quietFor}, and --within is ${within}: nobody could be quiet for so long`);
  }
  return { quietForMs: quietFor * 1000, forAtMostMs: within * 1000 };
}

/**
 * What stands against it is a refusal of this command, and not of its configuration.
 *
 * @param isMoved whether clients have been led to the gate by now.
 */
async function orRefused<Result>(
  { interrupted }: Terminal,
  isMoved: () => boolean,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (interrupted.aborted) {
      const text = isMoved()
        ? 'No longer waiting. The gate stays inserted.'
        : 'Broken off. Run the same command again: it goes on where this one ended.';
      throw new CommandError(text, exitCodes.detached, { cause: error });
    }
    if (!(error instanceof RefusalError) || isOfConfiguration(error)) throw error;
    throw new CommandError(`${error.message} (${error.refusal.code})`, exitCodes.refused, { cause: error });
  }
}

/** Refused for what is written in the configuration; or Temporal is not reached, which has a code of its own. */
function isOfConfiguration(error: RefusalError): boolean {
  return (
    error.refusal.code === 'GATE_NEVER_INSERTED' || exitCodeOfError(error) === exitCodes.unreachable.code
  );
}
