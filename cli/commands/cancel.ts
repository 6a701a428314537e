import { logNamed } from '../../config/load';
import type { Outcome } from '../../workflows/model/result';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { pausedText } from '../paused-text';
import { resultText } from '../result-text';
import type { Terminal } from '../terminal';
import { wrap } from '../text';
import { watchRotation } from '../watch';
import { withClient } from '../with-client';

export interface CancelOptions {
  readonly config?: string;
  /** False: do not wait for the end. */
  readonly wait?: boolean;
}

/** `cancel LOG`: asks the rotation to take itself back, and waits until it has. */
export async function cancel(log: string, options: CancelOptions, terminal: Terminal): Promise<number> {
  return await withClient(options, async (client, configuration) => {
    const lock = await client.lock(log);
    const open = lock.state === 'running' ? lock : (await client.preparing(log, lock)).preparing;
    if (!open) {
      // A misspelt name must not read as "nothing runs".
      logNamed(configuration, log);
      throw new CommandError(
        `No rotation of ${log} is running; there is nothing to cancel.`,
        exitCodes.refused,
      );
    }
    const { handle: rotation, paused } = open;
    const progress = paused ? null : await client.progress(rotation);
    await rotation.cancel();
    const would = paused
      ? `It does nothing before it goes on. ${pausedText(log, paused)}`
      : (progress?.cancelWould ?? 'No worker answers; it will be taken back when one runs again.');
    terminal.out(wrap(`Asked ${rotation.workflowId} to cancel. ${would}`, terminal.columns).join('\n'));
    if (options.wait === false) {
      return exitCodes.done.code;
    }
    const detached = `No longer watching; the rotation is still being taken back. Watch it with \`rekor-rotate status --watch ${log}\`.`;
    const result = await watchRotation(rotation, { client, log, terminal, json: false, detached }).catch(
      (error: unknown) => {
        if (wasCancelled(error)) {
          return undefined;
        }
        throw error;
      },
    );
    terminal.out(
      result ? `\n${resultText(result, terminal.columns)}` : 'It has ended before it changed anything.',
    );
    return (result ? codes[result.outcome] : exitCodes.done).code;
  });
}

/** Cancelling has succeeded when all is as before; it was refused when the rotation could only be finished. */
const codes: Readonly<Record<Outcome, { readonly code: number }>> = {
  rolledBack: exitCodes.done,
  refused: exitCodes.done,
  planned: exitCodes.done,
  notNeeded: exitCodes.done,
  completed: exitCodes.refused,
  superseded: exitCodes.refused,
  held: exitCodes.held,
};

/** A rotation that had not begun ends as cancelled, without a result. */
function wasCancelled(error: unknown): boolean {
  const failed = error instanceof CommandError ? error.cause : undefined;
  return failed instanceof Error && failed.cause instanceof Error && failed.cause.name === 'CancelledFailure';
}
