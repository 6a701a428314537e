import { lookup } from 'node:dns/promises';
import { readFile, readlink } from 'node:fs/promises';
import { SocketAddress } from 'node:net';
import { endianness } from 'node:os';
import { refusal } from '../workflows/model/refusals';
import { addressOf, type Listen, type PassedSocket } from './listening';
import { GateStartError } from './start-error';

/** The sockets that a supervisor opened for the gate, and keeps open while no gate runs. */
export interface PassedSockets {
  /** For clients. */
  readonly listen: PassedSocket;
  /** For orders. */
  readonly admin: PassedSocket;
}

interface Told {
  readonly fds?: string | undefined;
  readonly pid?: string | undefined;
}

/** sd_listen_fds(3): `SD_LISTEN_FDS_START`. */
const FIRST = 3;

/** As /proc/net/tcp has it: `TCP_LISTEN` (linux: include/net/tcp_states.h). */
const LISTENS = '0A';

/**
 * The sockets that the gate was passed; null when it was told of none. Which is which is known by their addresses: those of
 * the configuration and no others, so that a wrong order of them cannot show the admin address to clients. Throws
 * GateStartError for anything else.
 *
 * Node.js can be asked for none of this: it would listen on whatever it is given, on a bound socket too, and accept
 * connections from then on. So the kernel is asked.
 *
 * @param self where the kernel tells of this process.
 */
export async function findPassedSockets(
  { fds, pid }: Told,
  wanted: { readonly listen: Listen; readonly admin: Listen },
  self: { readonly pid: number; readonly folder: string } = { pid: process.pid, folder: '/proc/self' },
): Promise<PassedSockets | null> {
  if (fds === undefined && pid === undefined) return null;
  const unusable = (reason: string): GateStartError =>
    new GateStartError(refusal('GATE_SOCKETS_UNUSABLE', { fds, pid, reason }));
  if (fds === undefined) throw unusable('LISTEN_PID is set, and LISTEN_FDS is not');
  if (fds !== '2')
    throw unusable('LISTEN_FDS has to be 2: one socket for gate.listen and one for gate.admin');
  if (pid === undefined) throw unusable('LISTEN_FDS is set, and LISTEN_PID is not');
  if (pid !== String(self.pid))
    throw unusable(
      `LISTEN_PID names another process than this one, ${self.pid}, so the sockets are not for it`,
    );

  const found = await Promise.all(
    [FIRST, FIRST + 1].map(async (fd) => {
      const socket = await listeningSocket(fd, self.folder);
      if (typeof socket === 'string') throw unusable(`file descriptor ${fd} ${socket}`);
      return { fd, ...socket };
    }),
  );
  const of = async (field: 'listen' | 'admin'): Promise<PassedSocket> => {
    const { host, port } = wanted[field];
    const hosts = (await lookup(host, { all: true })).map(({ address }) => canonical(address));
    const socket = found.find((one) => one.port === port && hosts.includes(one.host));
    if (socket) return socket;
    const there = found.map(addressOf).join(' and ');
    throw unusable(`none of them listens on gate.${field}, ${addressOf(wanted[field])}: they are ${there}`);
  };
  return { listen: await of('listen'), admin: await of('admin') };
}

/** Where a socket listens; in words what the descriptor is instead. */
async function listeningSocket(fd: number, self: string): Promise<Listen | string> {
  let leadsTo: string;
  try {
    leadsTo = await readlink(`${self}/fd/${fd}`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'is not open'
      : `cannot be looked at: ${(error as Error).message}`;
  }
  const inode = /^socket:\[(\d+)\]$/.exec(leadsTo)?.[1];
  if (inode === undefined) return `is no socket but ${leadsTo}`;
  for (const table of ['tcp', 'tcp6']) {
    // A kernel without IPv6 has no second table.
    const text = await readFile(`${self}/net/${table}`, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , its] = line.trim().split(/\s+/);
      if (its === inode && state === LISTENS) return addressIn(local);
    }
  }
  return 'is a socket that does not listen for TCP';
}

/** Reads `0100007F:0BB8`: each 32 bits of an address in the order of the machine (linux: net/ipv4/tcp_ipv4.c, `%08X`). */
function addressIn(text: string): Listen {
  const [address = '', port = ''] = text.split(':');
  const bytes = Buffer.from(address, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  const host = bytes.length === 4 ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  return { host: canonical(host), port: Number.parseInt(port, 16) };
}

/** Of several spellings of an IPv6 address the usual one. */
function canonical(address: string): string {
  return address.includes(':') ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
