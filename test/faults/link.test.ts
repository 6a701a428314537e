import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { startLink, type Link } from '../../faults/link';
import { until } from '../../harness/waiting';
import { PATIENCE_MS } from '../../harness/waiting';

describe('a connection that can be cut', () => {
  let echo: Server;
  let link: Link;
  const open: Socket[] = [];

  beforeEach(async () => {
    echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    link = await startLink((echo.address() as AddressInfo).port);
  });

  afterEach(async () => {
    open.splice(0).forEach((socket) => socket.destroy());
    await link.end();
    echo.close();
  });

  function call(): { readonly socket: Socket; readonly heard: () => string } {
    const socket = connect(link.port, '127.0.0.1');
    open.push(socket);
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    socket.on('error', () => undefined);
    return { socket, heard: () => heard };
  }

  async function heardAfterAll(heard: () => string): Promise<string> {
    return await until('bytes', PATIENCE_MS, () => heard() !== '' && heard());
  }

  it('passes everything on, and the end of it', async () => {
    const { socket, heard } = call();
    socket.end('there and back');
    await once(socket, 'close');

    expect(heard()).toBe('there and back');
  });

  it('in silence loses nothing and tells nobody', async () => {
    const before = call();
    before.socket.write('a');
    expect(await heardAfterAll(before.heard)).toBe('a');
    link.silence();
    before.socket.write('b');
    const during = call();
    during.socket.write('c');
    await once(during.socket, 'connect');
    await pause(100);
    expect([before.heard(), during.heard()]).toEqual(['a', '']);

    await link.heal();
    expect(await heardAfterAll(during.heard)).toBe('c');
    expect(before.heard()).toBe('ab');
  });

  it('resets what is open, refuses what comes, and takes connections again', async () => {
    const before = call();
    before.socket.write('a');
    await heardAfterAll(before.heard);
    const closed = new Promise((resolve) => before.socket.once('close', resolve));
    await link.refuse();
    await closed;
    const refused = call();
    const [error] = (await once(refused.socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');

    await link.heal();
    const after = call();
    after.socket.write('d');
    expect(await heardAfterAll(after.heard)).toBe('d');
  });
});
