import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { takeSocketActivation } from '../../config/socket-activation';
import { findPassedSockets } from '../../gate/passed-sockets';
import { GateStartError } from '../../gate/start-error';
import { useStarted } from './support';

const started = useStarted();

const PID = 4711;
const ours = {
  listen: { host: '127.0.0.1', port: 3000 },
  admin: { host: '127.0.0.1', port: 3100 },
};

const ofMachine = (hex: string): string => {
  const bytes = Buffer.from(hex, 'hex');
  return (endianness() === 'LE' ? bytes.swap32() : bytes).toString('hex').toUpperCase();
};
const line = (address: string, port: number, state: string, inode: number): string =>
  `   0: ${ofMachine(address)}:${port.toString(16).toUpperCase().padStart(4, '0')} ${'0'.repeat(address.length)}:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 00000000186ffc6b 100 0 0 10 0`;

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const LOOPBACK = '7f000001';
const LISTENS = '0A';
const CONNECTED = '01';

/** What the kernel tells of a process with these descriptors. */
async function processWith(
  descriptors: Readonly<Record<number, string>>,
  tcp: readonly string[],
  tcp6?: readonly string[],
): Promise<{ pid: number; folder: string }> {
  const folder = await started.directory();
  mkdirSync(join(folder, 'fd'));
  mkdirSync(join(folder, 'net'));
  for (const [fd, target] of Object.entries(descriptors)) symlinkSync(target, join(folder, 'fd', fd));
  writeFileSync(join(folder, 'net/tcp'), [HEAD, ...tcp, ''].join('\n'));
  if (tcp6) writeFileSync(join(folder, 'net/tcp6'), [HEAD, ...tcp6, ''].join('\n'));
  return { pid: PID, folder };
}

const both = { 3: 'socket:[10]', 4: 'socket:[11]' };
const told = { fds: '2', pid: String(PID) };

describe('the sockets that a gate is passed', () => {
  it('are none when it is told of none', async () => {
    expect(await findPassedSockets({}, ours)).toBeNull();
  });

  it('are told apart by their addresses, in whichever order they come', async () => {
    const process = await processWith(both, [
      line(LOOPBACK, 3100, LISTENS, 10),
      line(LOOPBACK, 3000, CONNECTED, 12),
      line(LOOPBACK, 3000, LISTENS, 11),
    ]);
    expect(await findPassedSockets(told, ours, process)).toEqual({
      listen: { fd: 4, host: '127.0.0.1', port: 3000 },
      admin: { fd: 3, host: '127.0.0.1', port: 3100 },
    });
  });

  it('may have addresses of IPv6, and the name of a host in the configuration', async () => {
    const process = await processWith(
      both,
      [line(LOOPBACK, 3100, LISTENS, 11)],
      [line('20010db8000000000000000000000007', 3000, LISTENS, 10)],
    );
    const wanted = {
      listen: { host: '2001:db8:0::7', port: 3000 },
      admin: { host: 'localhost', port: 3100 },
    };
    expect(await findPassedSockets(told, wanted, process)).toEqual({
      listen: { fd: 3, host: '2001:db8::7', port: 3000 },
      admin: { fd: 4, host: '127.0.0.1', port: 3100 },
    });
  });

  it('are found among those of a real process', async () => {
    const servers = [await listening(), await listening()];
    const [listen, admin] = servers.map((server) => (server.address() as AddressInfo).port);
    const fds = servers.map((server) => (server as unknown as { _handle: { fd: number } })._handle.fd);
    const folder = await started.directory();
    mkdirSync(join(folder, 'fd'));
    symlinkSync('/proc/self/net', join(folder, 'net'));
    for (const [at, fd] of fds.entries()) {
      symlinkSync(readlinkSync(`/proc/self/fd/${fd}`), join(folder, 'fd', String(3 + at)));
    }
    const wanted = {
      listen: { host: '127.0.0.1', port: listen ?? 0 },
      admin: { host: '127.0.0.1', port: admin ?? 0 },
    };
    const found = await findPassedSockets(told, wanted, { pid: PID, folder });
    expect(found).toEqual({ listen: { fd: 3, ...wanted.listen }, admin: { fd: 4, ...wanted.admin } });
  });

  const fine = [line(LOOPBACK, 3000, LISTENS, 10), line(LOOPBACK, 3100, LISTENS, 11)];
  it.each<
    [string, { fds?: string; pid?: string }, Readonly<Record<number, string>>, readonly string[], string]
  >([
    ['LISTEN_FDS alone', { fds: '2' }, both, fine, 'LISTEN_FDS is set, and LISTEN_PID is not'],
    ['LISTEN_PID alone', { pid: '1' }, both, fine, 'LISTEN_PID is set, and LISTEN_FDS is not'],
    ['one socket', { ...told, fds: '1' }, both, fine, 'LISTEN_FDS has to be 2'],
    ['three sockets', { ...told, fds: '3' }, both, fine, 'LISTEN_FDS has to be 2'],
    ['no number', { ...told, fds: 'two' }, both, fine, 'LISTEN_FDS has to be 2'],
    [
      'another process',
      { ...told, pid: '4712' },
      both,
      fine,
      'LISTEN_PID names another process than this one, 4711',
    ],
    ['a descriptor that is not open', told, { 3: 'socket:[10]' }, fine, 'file descriptor 4 is not open'],
    ['a file', told, { ...both, 4: '/etc/passwd' }, fine, 'file descriptor 4 is no socket but /etc/passwd'],
    [
      'a connection',
      told,
      both,
      [line(LOOPBACK, 3000, LISTENS, 10), line(LOOPBACK, 3100, CONNECTED, 11)],
      'file descriptor 4 is a socket that does not listen for TCP',
    ],
    [
      'a socket of another kind',
      told,
      both,
      [line(LOOPBACK, 3000, LISTENS, 10)],
      'file descriptor 4 is a socket that does not listen for TCP',
    ],
    [
      'another port',
      told,
      both,
      [line(LOOPBACK, 3000, LISTENS, 10), line(LOOPBACK, 3200, LISTENS, 11)],
      'none of them listens on gate.admin, 127.0.0.1:3100: they are 127.0.0.1:3000 and 127.0.0.1:3200',
    ],
    [
      'another address',
      told,
      both,
      [line('00000000', 3000, LISTENS, 10), line(LOOPBACK, 3100, LISTENS, 11)],
      'none of them listens on gate.listen, 127.0.0.1:3000: they are 0.0.0.0:3000 and 127.0.0.1:3100',
    ],
  ])(
    'are refused when there is %s, with what was found and what to do',
    async (_what, activation, descriptors, tcp, reason) => {
      const process = await processWith(descriptors, tcp);
      const error: unknown = await findPassedSockets(activation, ours, process).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(GateStartError);
      const { refusal } = error as GateStartError;
      expect(refusal.code).toBe('GATE_SOCKETS_UNUSABLE');
      expect(refusal.message).toContain(reason);
      expect(refusal.message).toContain(
        activation.fds === undefined ? 'LISTEN_FDS is not set' : `LISTEN_FDS="${activation.fds}"`,
      );
      expect(refusal.message).toContain(
        activation.pid === undefined ? 'LISTEN_PID is not set' : `LISTEN_PID="${activation.pid}"`,
      );
      expect(refusal.remedy).toContain('deploy/systemd');
    },
  );
});

describe('the variables of socket activation', () => {
  it('are taken away, so that no process that this one starts takes them for its own', () => {
    const environment = {
      ...{ LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'a:b', LISTEN_PIDFDID: '9', PATH: '/bin' },
    };
    expect(takeSocketActivation(environment)).toEqual({ fds: '2', pid: '7' });
    expect(environment).toEqual({ PATH: '/bin' });
    expect(takeSocketActivation(environment)).toEqual({});
  });
});

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  started.later(() => new Promise((resolve) => server.close(() => resolve())));
  return server;
}
