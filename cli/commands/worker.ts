import { pino, stdSerializers } from 'pino';
import { loadConfiguration } from '../../config/load';
import { isSocketAddress } from '../../config/fields';
import { runtimeDirectory } from '../../config/runtime-directory';
import { runWorker } from '../../workers/worker';
import { withoutCredentials } from '../../workflows/model/without-credentials';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import type { Terminal } from '../terminal';

export interface WorkerOptions {
  readonly config?: string;
  /** Where to show metrics, instead of where the configuration says: a second worker of a host needs its own. */
  readonly metrics?: string;
}

/** `worker`: runs until it is told to stop. Logs are JSON lines on standard output. */
export async function worker(options: WorkerOptions, terminal: Terminal): Promise<number> {
  const { metrics } = options;
  if (metrics !== undefined && !isSocketAddress(metrics)) {
    throw new CommandError(
      `--metrics is ${withoutCredentials(metrics)}; allowed is an IP address and a port, such as 127.0.0.1:9465.`,
      exitCodes.usage,
    );
  }
  const configuration = loadConfiguration(options.config);
  await runWorker(configuration, {
    logger: pino({ name: 'worker', serializers: { error: stdSerializers.err } }),
    runtimeDirectory: runtimeDirectory(),
    signal: terminal.interrupted,
    ...(metrics !== undefined && { metrics }),
  });
  return exitCodes.done.code;
}
