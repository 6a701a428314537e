import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { ownEnvironment } from '../config/environment';

/**
 * Tells systemd that this process is ready, where it waits for that (`Type=notify`, sd_notify(3)). Its own program does it: it takes
 * a datagram on a Unix socket, and Node.js cannot send one. When that fails it is logged, and systemd says so when its time is over.
 */
export async function tellReady(
  log: Pick<Logger, 'error'>,
  environment: Readonly<Record<string, string | undefined>> = ownEnvironment(),
): Promise<void> {
  if (environment['NOTIFY_SOCKET'] === undefined) return;
  try {
    await promisify(execFile)('systemd-notify', ['--ready'], { env: environment });
  } catch (error) {
    log.error({ err: error }, 'systemd could not be told that the gate is ready');
  }
}
