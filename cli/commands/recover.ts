import type { RecoveryRequest } from '../../workflows/model/request';
import type { RotationResult } from '../../workflows/model/result';
import { mustAgree, unaskable } from '../agreement';
import { follow } from '../follow';
import { recoveryText } from '../plan-text';
import { printResult } from '../print-result';
import type { RotationClient } from '../rotation-client';
import type { Terminal } from '../terminal';
import { logGiven, type LogCommand } from '../usage';
import { watchRotation } from '../watch';
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
  const log = logGiven(name, unaskable(agreed, `recover ${name ?? 'LOG'} --dry-run`, terminal));
  return await withClient(options, async (client) => {
    const found = await look(client, { log, dryRun: true }, terminal);
    if (options.dryRun || found.outcome !== 'planned') {
      return printResult(found, options, terminal);
    }
    // With --json standard output has the result of the recovery alone.
    const show = (text: string): void => (options.json ? terminal.err(text) : terminal.out(text));
    show(`${recoveryText(found, terminal.columns, 'Nothing has been changed yet.')}\n`);
    await mustAgree(options.yes, `Recover ${log} now?`, terminal);
    const recovery = await client.startRecovery({ log });
    terminal.err(`Started as workflow ${recovery.workflowId}.`);
    const detached = `No longer watching; the recovery goes on as workflow ${recovery.workflowId}. Watch it again with \`rekor-rotate status --watch ${log}\`.`;
    return await follow(recovery, { client, log, terminal, json: options.json === true, detached });
  });
};

/** Changes nothing, so its progress is not shown; that no worker answers is. */
async function look(
  client: RotationClient,
  request: RecoveryRequest,
  terminal: Terminal,
): Promise<RotationResult> {
  const recovery = await client.startRecovery(request);
  const detached = `No longer waiting for ${recovery.workflowId}, which only looks.`;
  const quiet = { ...terminal, redraws: false, out: () => undefined };
  return await watchRotation(recovery, { client, log: request.log, terminal: quiet, json: false, detached });
}
