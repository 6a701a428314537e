import type { Configuration } from '../../config/configuration';
import { exitCodes } from '../exit-codes';
import { follow } from '../follow';
import { needsSomebody, statusOf, type LogStatus } from '../log-status';
import { exitCodeOf } from '../result-text';
import type { RotationClient } from '../rotation-client';
import { statusText } from '../status-text';
import type { Terminal } from '../terminal';
import type { LogCommand } from '../usage';
import { withClient } from '../with-client';

export interface StatusOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/**
 * `status [LOG]`: what serves, what is wrong, what runs, else how the last rotation ended; of every log of the configuration
 * without a name. Exits with 7 when somebody has to look. With `--watch` it exits as the rotation does.
 */
export const status: LogCommand<StatusOptions> = async (log, options, terminal) => {
  return await withClient(log, options, async (client, configuration) => {
    if (log !== undefined && options.watch) {
      return await watch(client, configuration, log, options, terminal);
    }
    const logs = log === undefined ? Object.keys(configuration.logs) : [log];
    const found = await Promise.all(logs.map((name) => statusOf(client, configuration, name)));
    show(log === undefined ? found : found[0], found, options, terminal);
    return (found.some(needsSomebody) ? exitCodes.attention : exitCodes.done).code;
  });
};

function show(
  shown: LogStatus | readonly LogStatus[] | undefined,
  found: readonly LogStatus[],
  options: StatusOptions,
  terminal: Terminal,
): void {
  terminal.out(
    options.json
      ? JSON.stringify(shown, null, 2)
      : found.map((one) => statusText(one, terminal)).join('\n\n'),
  );
}

/** Watches what runs of the log to its end. When nothing does, it shows and exits as the last rotation ended. */
async function watch(
  client: RotationClient,
  configuration: Configuration,
  log: string,
  options: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  const lock = await client.lock(log);
  // A dry run is nobody's rotation: whoever follows one would miss the rotation that comes after it.
  const rotation =
    lock.state === 'running' ? lock.handle : (await client.preparing(log, lock)).preparing[0]?.handle;
  if (!rotation) {
    const found = await statusOf(client, configuration, log);
    terminal.err(
      found.dryRuns
        ? `No rotation of ${log} runs, only a dry run, which changes nothing. Say it again when the rotation has begun.`
        : `No rotation of ${log} runs.`,
    );
    show(found, [found], options, terminal);
    return exitCodeOfLast(found);
  }
  const detached = `No longer watching; the rotation goes on. Cancel it with \`rekor-rotate cancel ${log}\`.`;
  return await follow(rotation, { client, log, terminal, json: options.json === true, detached });
}

/** As the watching would have ended; with 3, as other commands for something that is not there, when there was nothing to watch. */
function exitCodeOfLast({ state, result }: LogStatus): number {
  if (result) {
    return exitCodeOf(result.outcome);
  }
  return (state === 'ended' ? exitCodes.failed : exitCodes.refused).code;
}
