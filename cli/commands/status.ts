import { logNamed } from '../../workers/config';
import { innermost } from '../errors';
import { exitCodes } from '../exit-codes';
import { exitCodeOf, resultText } from '../result-text';
import type { RotationClient } from '../rotation-client';
import { statusText, type LogStatus } from '../status-text';
import type { Terminal } from '../terminal';
import { watchRotation } from '../watch';
import { withClient } from '../with-client';

export interface StatusOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** `status [LOG]`: what runs, else how the last rotation ended; of every log of the configuration without a name. */
export async function status(
  log: string | undefined,
  options: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  return await withClient(options, async (client, configuration) => {
    if (log !== undefined && options.watch) {
      const watched = await watchRunning(client, log, options, terminal);
      if (watched !== undefined) {
        return watched;
      }
    }
    const logs = log === undefined ? Object.keys(configuration.logs) : [log];
    const found: LogStatus[] = [];
    for (const name of logs) {
      const one = await statusOf(client, name);
      if (one.state === 'never') {
        // A misspelt name must not read as "nothing runs".
        logNamed(configuration, name);
      }
      found.push(one);
    }
    const shown = log === undefined ? found : found[0];
    terminal.out(
      options.json
        ? JSON.stringify(shown, null, 2)
        : found.map((one) => statusText(one, terminal.columns)).join('\n\n'),
    );
    return exitCodes.done.code;
  });
}

/** Watches what runs of the log to its end; undefined when nothing does. */
async function watchRunning(
  client: RotationClient,
  log: string,
  options: StatusOptions,
  terminal: Terminal,
): Promise<number | undefined> {
  const lock = await client.lock(log);
  const rotation = lock.state === 'running' ? lock.handle : (await client.preparing(log))?.handle;
  if (!rotation) {
    return undefined;
  }
  const detached = `No longer watching; the rotation goes on. Cancel it with \`rekor-rotate cancel ${log}\`.`;
  const result = await watchRotation(rotation, { client, terminal, json: options.json === true, detached });
  terminal.out(options.json ? JSON.stringify(result, null, 2) : `\n${resultText(result, terminal.columns)}`);
  return exitCodeOf(result.outcome);
}

async function statusOf(client: RotationClient, log: string): Promise<LogStatus> {
  const lock = await client.lock(log);
  if (lock.state === 'running') {
    const { handle, what, startedBy } = lock;
    const progress = await client.progress(handle);
    const problem = progress ? undefined : await silence(client);
    const known = {
      ...(startedBy !== undefined && { startedBy }),
      ...(problem !== undefined && { problem }),
    };
    return { log, state: 'running', what, workflowId: handle.workflowId, progress, ...known };
  }
  const preparing = await client.preparing(log);
  if (preparing) {
    const { handle, what, progress } = preparing;
    return { log, state: 'preparing', what, workflowId: handle.workflowId, progress };
  }
  if (lock.state === 'never') {
    return { log, state: 'never' };
  }
  const { handle, what, endedAt } = lock;
  const ended: LogStatus = {
    ...{ log, state: 'ended', what, workflowId: handle.workflowId },
    ...(endedAt && { endedAt: endedAt.toISOString() }),
  };
  try {
    return { ...ended, result: await handle.result() };
  } catch (error) {
    return { ...ended, problem: error instanceof Error ? innermost(error).message : String(error) };
  }
}

async function silence(client: RotationClient): Promise<string> {
  return (await client.hasWorker())
    ? 'The worker does not answer. If none runs any more, start one: it goes on where the rotation stands.'
    : `No worker polls the task queue ${client.taskQueue}: start one with \`rekor-rotate worker\`.`;
}
