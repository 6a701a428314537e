import { logNamed } from '../../config/load';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { historyForPrograms, historyText } from '../history-text';
import type { Terminal } from '../terminal';
import { withClient } from '../with-client';

export interface HistoryOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly limit: string;
}

/** `history LOG`: the rotations and recoveries that have ended, as far as Temporal still knows them. */
export async function history(log: string, options: HistoryOptions, terminal: Terminal): Promise<number> {
  if (!/^[1-9]\d{0,2}$/.test(options.limit)) {
    throw new CommandError(
      `--limit is ${options.limit}; allowed is a number from 1 to 999.`,
      exitCodes.usage,
    );
  }
  return await withClient(options, async (client, configuration) => {
    const found = await client.ended(log, Number(options.limit));
    if (found.ended.length === 0) {
      // A misspelt name must not read as "nothing has ended".
      logNamed(configuration, log);
    }
    terminal.out(
      options.json
        ? JSON.stringify(historyForPrograms(log, found), null, 2)
        : historyText(log, found, terminal),
    );
    return exitCodes.done.code;
  });
}
