import { logNamed } from '../../config/load';
import { exitCodes } from '../exit-codes';
import { historyForPrograms, historyText } from '../history-text';
import { logGiven, type LogCommand } from '../usage';
import { withClient } from '../with-client';

export interface HistoryOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly limit?: string;
}

/** `history LOG`: the rotations and recoveries that have ended, as far as Temporal still knows them. */
export const history: LogCommand<HistoryOptions> = async (name, options, terminal) => {
  const { limit = '20' } = options;
  const wrong = /^[1-9]\d{0,2}$/.test(limit)
    ? undefined
    : `--limit is ${limit}; allowed is a number from 1 to 999.`;
  const log = logGiven(name, options, wrong);
  return await withClient(log, options, async (client, configuration) => {
    const found = await client.ended(log, Number(limit));
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
};
