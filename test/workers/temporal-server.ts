import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { ensureBinaries } from '../../tools/binaries';
import type { Configuration } from '../../config/configuration';
import { loadConfiguration } from '../../config/load';
import { PATIENCE_MS } from '../../harness/waiting';
import { freePort } from '../free-port';

/** A real Temporal server, started as a process: Temporal's runtime of this one belongs to the worker under test. */
export interface TemporalServer {
  readonly connection: Connection;
  /** The example at this server, without what it would look for on other hosts: none of its systems is there. */
  configuration(): Configuration;
  stop(): Promise<void>;
}

export async function startTemporal(): Promise<TemporalServer> {
  const { temporal: program } = await ensureBinaries(() => undefined);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  const server = spawn(program, args, { stdio: 'ignore' });
  const connection = await until(() => Connection.connect({ address, connectTimeout: 1_000 }));
  return {
    connection,
    configuration: () => {
      const example = readFileSync(resolve(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8');
      const file = join(mkdtempSync(join(tmpdir(), 'worker-')), 'rekor-rotate.yaml');
      writeFileSync(
        file,
        example
          .replace('127.0.0.1:7233', address)
          .replace(/^ {6}tls:\n(?: {8}.*\n)+/m, '')
          .replaceAll(/trillian[\w-]*\.example\.com:\d+/g, '127.0.0.1:9'),
      );
      return loadConfiguration(file, {});
    },
    stop: async () => {
      await connection.close();
      server.kill();
      await new Promise((resolve) => server.once('exit', resolve));
    },
  };
}

/** A server on a port of 127.0.0.1 that nobody else can have. */
export async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Tries until it succeeds. */
export async function until<Result>(act: () => Promise<Result> | Result): Promise<Result> {
  for (const end = Date.now() + PATIENCE_MS; ;) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
