import { logNamed } from '../../config/load';
import { mustAgree, unaskable } from '../agreement';
import { followStarted, printResult, waitForLook } from '../follow';
import { recoveryText } from '../plan-text';
import { logGiven, type LogCommand } from '../usage';
import { withClient } from '../with-client';

export interface RecoverOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  /** Say what would be done, and end. */
  readonly dryRun?: boolean;
}

/** `recover LOG`: what an interrupted rotation left behind, a question, and the end of it. */
export const recover: LogCommand<RecoverOptions> = async (name, options, terminal) => {
  const agreed = options.yes === true || options.dryRun === true;
  const log = logGiven(name, options, unaskable(agreed, `recover ${name ?? 'LOG'} --dry-run`, terminal));
  return await withClient(log, options, async (client, configuration) => {
    logNamed(configuration, log);
    const look = await client.startRecovery({ log, dryRun: true });
    const detached = `No longer waiting for ${look.workflowId}, which only looks.`;
    const found = await waitForLook(look, { client, log, terminal, detached });
    if (options.dryRun || found.outcome !== 'planned') {
      return printResult(found, options, terminal);
    }
    const shown = recoveryText(found, terminal.columns, 'Nothing has been changed yet.');
    await mustAgree(shown, `Recover ${log} now?`, options, terminal);
    const recovery = await client.startRecovery({ log });
    const json = options.json === true;
    return await followStarted('recovery', recovery, { client, log, terminal, json });
  });
};
