import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PATIENCE_MS, until } from '../../harness/waiting';

const built = join(__dirname, '../../out/dist/harness/when-this-ends.js');

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'when-this-ends-'));
  file = join(directory, 'done');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A process that has ordered the file to be made when it ends, and then does this; returns once it has. */
async function ordering(then: string): Promise<ChildProcess> {
  const script = `
    const takeBack = require(process.argv[1]).whenThisEnds('touch', process.argv[2]);
    ${then}
    console.log('ordered');
  `;
  const child = spawn(process.execPath, ['-e', script, built, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'runs the command when the process is ended by %s',
  async (signal) => {
    const child = await ordering('setInterval(() => undefined, 1_000);');
    expect(existsSync(file)).toBe(false);
    child.kill(signal);
    await until('the command', PATIENCE_MS, () => existsSync(file));
  },
);

it('keeps no process from ending, and runs the command then', async () => {
  const child = await ordering('');
  if (child.exitCode === null) await once(child, 'exit');
  await until('the command', PATIENCE_MS, () => existsSync(file));
});

it('runs nothing that was taken back', async () => {
  const child = await ordering('takeBack();');
  if (child.exitCode === null) await once(child, 'exit');
  await pause(500);
  expect(existsSync(file)).toBe(false);
});
