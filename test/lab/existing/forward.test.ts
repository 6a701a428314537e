import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE_MS, until } from '../../../harness/waiting';
import { startForward, type OpenTunnel, type Tunnel } from '../../../lab/kubernetes/existing/forward';
import { startForwards, stopForwards } from '../../../lab/kubernetes/existing/forwards';
import { clusterFiles } from '../../../lab/kubernetes/files';
import { portsFromOutside } from '../../../lab/kubernetes/log/services';
import { shapes } from '../../../lab/kubernetes/log/shapes';
import { FORWARDS, programFiles } from '../../../lab/kubernetes/programs';
import { throwAwayPort } from '../../../lab/ports';
import { recorded } from '../../../lab/process';
import { plantedCluster } from './planted-cluster';

/** A connection through an API server, which repeats what it is told. */
class EchoTunnel implements Tunnel {
  closed = false;
  readonly #listeners: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.pipe(socket, { end: false });
  }

  addEventListener(event: 'close' | 'error', listener: () => void): void {
    if (event === 'close') this.#listeners.push(listener);
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.#listeners.forEach((listener) => listener());
    }
  }
}

describe('a port that is forwarded', () => {
  const target = { namespace: 'rekor-system', name: 'rekor-gate', port: 80, podPort: 3_000 };
  const lines: string[] = [];
  const report = (line: string): number => lines.push(line);
  let server: Server;
  let listen: number;

  const start = async (open: OpenTunnel): Promise<void> => {
    listen = await throwAwayPort();
    server = await startForward({ ...target, listen }, open, report);
  };
  afterEach(() => {
    server.close();
    lines.length = 0;
  });

  const connected = async (): Promise<Socket> => {
    const socket = connect(listen, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };

  it('has a connection of its own for each that comes, which ends with it', async () => {
    const tunnels: EchoTunnel[] = [];
    await start((to, socket) => {
      expect(to).toEqual(target);
      const tunnel = new EchoTunnel(socket);
      tunnels.push(tunnel);
      return Promise.resolve(tunnel);
    });
    const [one, two] = [await connected(), await connected()];
    for (const [socket, words] of [
      [one, 'first'],
      [two, 'second'],
    ] as const) {
      socket.write(words);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toBe(words);
    }
    one.destroy();
    await until('the end', PATIENCE_MS, () =>
      Promise.resolve(tunnels.filter(({ closed }) => closed).length === 1),
    );

    tunnels.filter(({ closed }) => !closed).forEach((tunnel) => tunnel.close());
    await once(two, 'close');
    expect(tunnels).toHaveLength(2);
  });

  it('closes a connection that cannot be opened behind it, and says why', async () => {
    await start(() => Promise.reject(new Error('No ready pods found')));
    const socket = await connected();
    await once(socket, 'close');
    expect(lines).toEqual(['rekor-system/rekor-gate:80: No ready pods found']);
  });

  it('leaves nothing open behind a client that is gone before it is open', async () => {
    let open = (): void => undefined;
    let tunnel: EchoTunnel | undefined;
    let gone: Promise<unknown> | undefined;
    await start(async (_to, socket) => {
      gone = new Promise((resolve) => socket.once('close', resolve));
      await new Promise<void>((resolve) => (open = resolve));
      return (tunnel = new EchoTunnel(socket));
    });
    const socket = await connected();
    await until('the connection', PATIENCE_MS, () => Promise.resolve(gone !== undefined));
    socket.resetAndDestroy();
    await gone;
    open();
    await until('the end', PATIENCE_MS, () => Promise.resolve(tunnel?.closed === true));
  });
});

describe('the process that forwards ports', () => {
  it('listens for each port that somebody uses, in a process that outlives its starter, until it is stopped', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'forwards-'));
    const files = clusterFiles(directory);
    mkdirSync(files.logs);
    const planted = await plantedCluster();
    const ports = portsFromOutside(shapes['helm-chart']);
    try {
      const ways = await startForwards(files, planted.place, ports);
      const addresses = await Promise.all(ports.map((port) => ways.service(port)));
      expect(new Set(addresses).size).toBe(9);
      expect(await ways.pods('rekor-system', 'rekor-server', 3_000)).toEqual([]);
      for (const address of addresses) {
        // Nothing is there yet.
        const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
        await once(socket, 'connect');
        await once(socket, 'close');
      }
      expect(readFileSync(programFiles(files, FORWARDS).logFile, 'utf8')).toContain(
        'rekor-system/rekor-gate:80',
      );

      await stopForwards(files);
      expect(recorded(programFiles(files, FORWARDS).pidFile)).toBeNull();
      const refused = connect(Number(addresses[0]?.split(':')[1]), '127.0.0.1');
      await expect(once(refused, 'connect')).rejects.toThrow('ECONNREFUSED');
    } finally {
      await stopForwards(files);
      await planted.server.close();
      rmSync(directory, { recursive: true });
    }
    expect(existsSync(directory)).toBe(false);
  });
});
