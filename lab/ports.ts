import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Everything in the lab that listens, all of it on 127.0.0.1. */
export const portNames = [
  'database',
  'trillian',
  'trillianMetrics',
  'signer',
  'signerMetrics',
  'temporal',
  'temporalUi',
  'blue',
  'green',
  'gate',
  'gateAdmin',
] as const;

export type Ports = Readonly<Record<(typeof portNames)[number], number>>;

/**
 * Below the ports that operating systems give to outgoing connections (from 32768 on Linux, 49152 on macOS): a slot's
 * port stays unused for hours and must still be free when a rotation starts that slot.
 */
const lowest = 20_000;
const above = 32_000;

/** Chooses a free port for each part. */
export async function choosePorts(): Promise<Ports> {
  const chosen = new Set<number>();
  while (chosen.size < portNames.length) {
    const port = randomInt(lowest, above);
    if (!chosen.has(port) && (await isFree(port))) {
      chosen.add(port);
    }
  }
  const ports = [...chosen];
  return Object.fromEntries(portNames.map((name, position) => [name, ports[position]])) as Ports;
}

export async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
