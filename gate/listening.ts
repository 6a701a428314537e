import type { Server } from 'node:http';
import { refusal } from '../workflows/model/refusals';
import { GateStartError } from './start-error';

export interface Listen {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A socket that somebody else has opened, and that listens already. */
export interface PassedSocket extends Listen {
  /** Its file descriptor in this process. */
  readonly fd: number;
}

/** So many connections may wait for a gate that is busy or just starting; the kernel has a limit of its own, `net.core.somaxconn`. */
const WAITING_CONNECTIONS = 4096;

/** `HOST:PORT`; an IPv6 host in brackets. */
export function addressOf({ host, port }: Listen): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Listens on an address. */
export function listenAt(server: Server, { host, port }: Listen): Promise<void> {
  return listening(server, () => server.listen(port, host, WAITING_CONNECTIONS));
}

/** Accepts on a socket that listens already. */
export function listenOn(server: Server, { fd }: PassedSocket): Promise<void> {
  // Not among the options, where Node.js reads it for an address alone: every socket would get its default of 511.
  return listening(server, () => server.listen({ fd }, WAITING_CONNECTIONS));
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}

/** An address that cannot be listened on keeps the gate from starting, in the words of the configuration. */
export async function opened<Result>(
  field: 'listen' | 'admin',
  listen: Listen,
  open: () => Promise<Result>,
): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const found = refusal('GATE_ADDRESS_UNUSABLE', { field, address: addressOf(listen), reason });
    throw new GateStartError(found, { cause: error });
  }
}
