import { logNamed } from '../../config/load';
import type { Outcome } from '../../workflows/model/result';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { instruction, oneOf, tell } from '../instructing';
import { pausedText } from '../paused-text';
import { resultText } from '../result-text';
import type { OpenRotation, RotationClient } from '../rotation-client';
import type { Terminal } from '../terminal';
import { wrap } from '../text';
import { logGiven, type LogCommand } from '../usage';
import { watchRotation } from '../watch';
import { withClient } from '../with-client';

export interface CancelOptions {
  readonly config?: string;
  readonly rotation?: string;
  /** Both or neither: they are kept in the result. */
  readonly who?: string;
  readonly why?: string;
  /** False: do not wait for the end. */
  readonly wait?: boolean;
}

/** `cancel LOG`: asks the rotation to take itself back, and waits until it has. */
export const cancel: LogCommand<CancelOptions> = async (name, options, terminal) => {
  const { who, why } = options;
  const half = (who === undefined) !== (why === undefined);
  const log = logGiven(name, options, half ? 'Say both, --who NAME and --why TEXT, or neither.' : undefined);
  return await withClient(log, options, async (client, configuration) => {
    const open = await client.openRotations(log);
    const running =
      options.rotation === undefined ? open.find(({ stage }) => stage === 'running') : undefined;
    const found = running ?? oneOf(open, { log, rotation: options.rotation });
    if (!found) {
      // A misspelt name must not read as "nothing runs".
      logNamed(configuration, log);
      throw new CommandError(
        `No rotation of ${log} is running; there is nothing to cancel.`,
        exitCodes.refused,
      );
    }
    const { handle: rotation } = found;
    const said = await ask(client, found, { log, who, why }, terminal);
    terminal.out(wrap(said, terminal.columns).join('\n'));
    if (options.wait === false) {
      return exitCodes.done.code;
    }
    const detached = `No longer watching; the rotation is still being taken back. Watch it with \`rekor-rotate status --watch ${log}\`.`;
    const result = await watchRotation(rotation, {
      client,
      log,
      terminal,
      json: false,
      detached,
      leaves: true,
    }).catch((error: unknown) => {
      if (wasCancelled(error)) {
        return undefined;
      }
      throw error;
    });
    terminal.out(
      result ? `\n${resultText(result, terminal.columns)}` : 'It has ended before it changed anything.',
    );
    return (result ? codes[result.outcome] : exitCodes.done).code;
  });
};

/** Asks for it, with who and why where these are kept; gives what to say of it. */
async function ask(
  client: RotationClient,
  { stage, what, handle, paused, progress }: OpenRotation,
  {
    log,
    who,
    why,
  }: { readonly log: string; readonly who: string | undefined; readonly why: string | undefined },
  terminal: Terminal,
): Promise<string> {
  const asked = `Asked ${handle.workflowId} to cancel.`;
  if (paused) {
    await handle.cancel();
    return `${asked} It does nothing before it goes on. ${pausedText(log, paused)}`;
  }
  if (!progress) {
    await handle.cancel();
    return `${asked} No worker answers; it will be taken back when one runs again.`;
  }
  if (who === undefined || why === undefined) {
    await handle.cancel();
    return `${asked} ${progress.cancelWould}`;
  }
  if (stage === 'asked' || what === 'recovery') {
    await handle.cancel();
    return `${asked} ${progress.cancelWould} Who and why are kept only of a rotation that runs.`;
  }
  const addressee = { handle, log, progress };
  const input = instruction(addressee, { who, why }, {});
  return await tell(client, addressee, { update: 'rollBack', input, until: input.until }, terminal);
}

/** Cancelling has succeeded when all is as before; it was refused when the rotation could only be finished. */
const codes: Readonly<Record<Outcome, { readonly code: number }>> = {
  rolledBack: exitCodes.done,
  refused: exitCodes.done,
  skipped: exitCodes.done,
  planned: exitCodes.done,
  notNeeded: exitCodes.done,
  completed: exitCodes.refused,
  rehearsed: exitCodes.refused,
  superseded: exitCodes.refused,
  held: exitCodes.held,
};

/** A rotation that had not begun ends as cancelled, without a result. */
function wasCancelled(error: unknown): boolean {
  const failed = error instanceof CommandError ? error.cause : undefined;
  return failed instanceof Error && failed.cause instanceof Error && failed.cause.name === 'CancelledFailure';
}
