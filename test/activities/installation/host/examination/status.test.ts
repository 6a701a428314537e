import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { examineStatus } from '../../../../../activities/installation/host/examination/commands';
import type { ExaminedHost } from '../../../../../activities/installation/host/examination/examined-host';
import { privateAuthority } from '../../../private-authority';

/** What is said of one slot at an address whose status command says whether it runs. */
async function said(url: string, runs: boolean) {
  const slot = { name: 'green', url, commands: { status: [runs ? 'true' : 'false'] } };
  const host = { log: 'production', slots: [slot], signal: new AbortController().signal };
  const [check] = await examineStatus(host as unknown as ExaminedHost);
  return check;
}

async function at(server: Server, scheme: string): Promise<{ url: string; close: () => Promise<unknown> }> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a stopped slot', () => {
  // getaddrinfo knows without asking anybody that there is no name with such a label.
  it.each([`http://${'x'.repeat(64)}.invalid:3000`, 'http://127.0.0.1:1'])(
    'is believed to be one where nobody is reached: %s',
    async (url) => {
      expect(await said(url, false)).toMatchObject({ state: 'ok' });
    },
  );

  it('is believed to be one where what listens breaks the connection off', async () => {
    const { url, close } = await at(
      createTcpServer((socket) => socket.destroy()),
      'http',
    );
    expect(await said(url, false)).toMatchObject({ state: 'ok' });
    await close();
  });

  it('is not believed to be one where somebody shows a certificate, whatever it is worth', async () => {
    const { url, close } = await at(createTlsServer(privateAuthority().serverFor('127.0.0.1')), 'https');
    expect(await said(url, false)).toMatchObject({ state: 'warning', reason: 'STATUS_MISLEADS' });
    expect(await said(url, true)).toMatchObject({ state: 'ok' });
    await close();
  });

  it('is not believed to be one where somebody speaks what is no HTTP', async () => {
    const { url, close } = await at(
      createTcpServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))),
      'http',
    );
    expect(await said(url, false)).toMatchObject({ state: 'warning', reason: 'STATUS_MISLEADS' });
    await close();
  });
});
