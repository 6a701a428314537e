import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { abstractName } from '../files/process-name';

/** The right to serve a log by sockets that several processes have: to accept on them, and to take orders. */
export interface ServingLock {
  /** How many processes stand by for it now. */
  readonly standbys: number;
  /** Whether the process that had it before gave it up, and said then that it was informed. */
  readonly wasInformed: boolean;
  /** Gives it up; one that stands by gets it. */
  release(isInformed: boolean): void;
}

/** What is said to those that stand by: whoever gets the lock next has missed no order, since they wait in the kernel. */
const INFORMED = 'informed';

const TRY_AGAIN_MS = 10;

/**
 * Waits until this process alone may serve this address, at most until `signal` aborts: then null. It is the kernel that keeps
 * others away, by a name in the abstract namespace of Unix sockets: one process can listen by it, and it is free the moment that
 * one ends, however that happens. Processes that stand by are connected to it, so each side sees the other one go.
 *
 * @param onStandBy called once, if another process serves.
 */
export async function takeServingLock(
  address: string,
  { signal, onStandBy }: { readonly signal: AbortSignal; readonly onStandBy: () => void },
): Promise<ServingLock | null> {
  const name = abstractName(`rekor-rotate gate ${address}`);
  let wasInformed = false;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const lock = await listen(name, wasInformed);
    if (lock) return lock;
    if (attempt === 1) onStandBy();
    wasInformed = (await ended(name, signal)) === INFORMED;
    // Whoever has the name may not have begun to listen, or may have ended only in part.
    if (attempt > 1) await pause(TRY_AGAIN_MS);
  }
  return null;
}

/** Null when another process has the name. */
function listen(name: string, wasInformed: boolean): Promise<ServingLock | null> {
  return new Promise((resolve, reject) => {
    const standbys = new Set<Socket>();
    const server = createServer((standby) => {
      standbys.add(standby);
      // Nothing is heard of it: what ends it is read.
      standby.resume().unref();
      standby.on('error', () => undefined);
      standby.once('close', () => standbys.delete(standby));
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.unref().listen(name, () =>
      resolve({
        get standbys() {
          return standbys.size;
        },
        wasInformed,
        release(isInformed) {
          server.close();
          for (const standby of standbys) {
            if (isInformed) standby.end(INFORMED);
            else standby.destroy();
          }
        },
      }),
    );
  });
}

/** Waits until whoever has the name has ended, or given it up; what it said then. */
function ended(name: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(name);
    let said = '';
    socket.setEncoding('utf8').on('data', (more: string) => (said += more));
    const leave = (): void => void socket.destroy();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    socket.on('error', () => undefined);
    socket.once('close', () => {
      signal.removeEventListener('abort', leave);
      resolve(said);
    });
  });
}
