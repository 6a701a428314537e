import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { startTemporal, type TemporalServer } from '../workers/temporal-server';
import type { escapeText } from './escape-workflow';

/**
 * Our sources become CommonJS, and packages that have no such form load all the same: wherever our code runs, on the oldest
 * Node.js that is supported as on the newest.
 */

const root = resolve(__dirname, '../..');
const program = join(root, 'out/dist/cli/main.js');
const LOADED = 'client-node is loaded: 0 contexts';

let server: TemporalServer;
let loader: string;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  server = await startTemporal();
  loader = compiled('load-client');
});

afterAll(() => server.stop());

/** A file of this folder as the build would compile it, where the packages of the checkout are found. */
function compiled(name: string): string {
  const file = join(root, 'out/test', `${name}.cjs`);
  const { outputText } = transpileModule(readFileSync(join(__dirname, `${name}.ts`), 'utf8'), {
    fileName: join(__dirname, `${name}.ts`),
    compilerOptions: { module: ModuleKind.Node20, target: ScriptTarget.ES2022 },
  });
  mkdirSync(join(root, 'out/test'), { recursive: true });
  writeFileSync(file, outputText);
  return file;
}

it('loads in jest', () => {
  expect(new KubeConfig().contexts).toEqual([]);
});

it('loads in the command line', () => {
  const args = ['--require', loader, program, '--version'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toContain(LOADED);
  expect(status).toBe(0);
});

it('loads in a worker', async () => {
  const args = ['--require', loader, program, 'worker', '--config', server.configuration().file];
  const worker = spawn(process.execPath, args, {
    env: { ...process.env, REKOR_ROTATE_GATE_TOKEN: 'a token' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(worker, 'exit');
  let said = '';
  worker.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  for await (const line of createInterface(worker.stdout)) {
    if (line.includes('worker runs')) {
      worker.kill('SIGTERM');
    }
  }
  expect(await ended).toEqual([0, null]);
  expect(said).toContain(LOADED);
});

it('loads in the bundle of the workflows', async () => {
  const { address } = server.configuration().temporal;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'modules',
    workflowsPath: require.resolve('./escape-workflow'),
  });
  const { workflow } = new Client({ connection: server.connection });
  const text = await worker.runUntil(
    workflow.execute<typeof escapeText>('escapeText', {
      workflowId: 'escape',
      taskQueue: 'modules',
      args: ['a.b'],
    }),
  );
  await connection.close();
  expect(text).toBe('a\\.b');
});
