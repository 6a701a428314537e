import { once } from 'node:events';
import { pino } from 'pino';
import { refuse } from '../../activities/errors/refusal-error';
import { prepareStart, startGate, type GateOptions, type RunningGate } from '../../gate/gate';
import { addressOf, type Listen } from '../../gate/listening';
import { findPassedSockets } from '../../gate/passed-sockets';
import { takeServingLock, type ServingLock } from '../../gate/serving-lock';
import { loadConfiguration, logNamed } from '../../config/load';
import { readAuthorities, readSecret } from '../../config/secrets';
import { takeSocketActivation } from '../../config/socket-activation';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { tellReady } from '../tell-ready';
import type { Terminal } from '../terminal';

export interface GateCommandOptions {
  readonly config?: string;
  readonly log?: string;
  readonly firstInstance?: readonly string[];
}

/** `gate --log NAME`: the write gate of one log, until it is told to stop. Logs are JSON lines on standard output. */
export async function gate(options: GateCommandOptions, terminal: Terminal): Promise<number> {
  const activation = takeSocketActivation();
  // No option that is required: `gate insert LOG` would have to give it, too.
  const { log } = options;
  if (log === undefined)
    throw new CommandError('Name the log of the configuration: --log NAME.', exitCodes.usage);
  const { gate: settings, tls } = logNamed(loadConfiguration(options.config), log);
  if (!settings) throw refuse('GATE_NOT_CONFIGURED', { log });
  const { token, members, ...limits } = settings;
  const [listen, admin] = [listenOf(settings.listen), listenOf(settings.admin)];
  const gateOptions: GateOptions = {
    ...limits,
    public: listen,
    admin,
    token: () => readSecret(token),
    ...(members && { members: members.map((address) => `http://${address}`) }),
    signal: terminal.interrupted,
    ...(tls && { authorities: () => readAuthorities(tls.caFile) }),
    ...(options.firstInstance !== undefined && { firstInstances: options.firstInstance }),
    logger: pino({ name: 'gate', base: { log } }),
  };
  const sockets = await findPassedSockets(activation, { listen, admin });
  const lock = sockets && (await standBy(sockets.listen, gateOptions, terminal.interrupted));
  if (sockets && !lock) return exitCodes.done.code;
  const passed = sockets && lock && { passed: { sockets, lock } };
  let running: RunningGate;
  try {
    running = await startGate({ ...gateOptions, ...passed });
  } catch (error) {
    // It was still asking the other gates of its log.
    if (terminal.interrupted.aborted) return exitCodes.done.code;
    throw error;
  }
  await tellReady(gateOptions.logger);
  if (!terminal.interrupted.aborted) {
    await once(terminal.interrupted, 'abort');
  }
  await running.close();
  return exitCodes.done.code;
}

/** Waits until no other process serves by these sockets; null when this one is to stop before that. */
async function standBy(
  listen: Listen,
  options: GateOptions,
  signal: AbortSignal,
): Promise<ServingLock | null> {
  await prepareStart(options);
  const onStandBy = (): void => {
    options.logger.info('standing by: another process serves');
    void tellReady(options.logger);
  };
  return takeServingLock(addressOf(listen), { signal, onStandBy });
}

/** `host:port` in two; an IPv6 host loses its brackets. The configuration has checked the form. */
function listenOf(address: string): Listen {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
