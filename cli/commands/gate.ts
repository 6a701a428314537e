import { once } from 'node:events';
import { pino } from 'pino';
import { refuse } from '../../activities/errors/refusal-error';
import { startGate, type Listen } from '../../gate/gate';
import { loadConfiguration, logNamed } from '../../config/load';
import { readAuthorities, readSecret } from '../../config/secrets';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import type { Terminal } from '../terminal';

export interface GateCommandOptions {
  readonly config?: string;
  readonly log?: string;
  readonly firstInstance?: readonly string[];
}

/** `gate --log NAME`: the write gate of one log, until it is told to stop. Logs are JSON lines on standard output. */
export async function gate(options: GateCommandOptions, terminal: Terminal): Promise<number> {
  // No option that is required: `gate insert LOG` would have to give it, too.
  const { log } = options;
  if (log === undefined)
    throw new CommandError('Name the log of the configuration: --log NAME.', exitCodes.usage);
  const { gate: settings, tls } = logNamed(loadConfiguration(options.config), log);
  if (!settings) throw refuse('GATE_NOT_CONFIGURED', { log });
  const { listen, admin, token, ...limits } = settings;
  const running = await startGate({
    ...limits,
    public: listenOf(listen),
    admin: listenOf(admin),
    token: () => readSecret(token),
    ...(tls && { authorities: () => readAuthorities(tls.caFile) }),
    ...(options.firstInstance !== undefined && { firstInstances: options.firstInstance }),
    logger: pino({ name: 'gate', base: { log } }),
  });
  if (!terminal.interrupted.aborted) {
    await once(terminal.interrupted, 'abort');
  }
  await running.close();
  return exitCodes.done.code;
}

/** `host:port` in two; an IPv6 host loses its brackets. The configuration has checked the form. */
function listenOf(address: string): Listen {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
