import { pino } from 'pino';
import { loadConfiguration } from '../../workers/config';
import { runWorker } from '../../workers/worker';
import { exitCodes } from '../exit-codes';
import type { Terminal } from '../terminal';

/** `worker`: runs until it is told to stop. Logs are JSON lines on standard output. */
export async function worker(options: { readonly config?: string }, terminal: Terminal): Promise<number> {
  const configuration = loadConfiguration(options.config);
  await runWorker(configuration, { logger: pino({ name: 'worker' }), signal: terminal.interrupted });
  return exitCodes.done.code;
}
