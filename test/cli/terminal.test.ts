import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { columnsOf } from '../../cli/terminal';
import { root } from '../docs/markdown';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

it.each([
  [{ isTTY: true, columns: 132 }, 132],
  [{ isTTY: true, columns: 60 }, 60],
  // A terminal that was given no size says 0.
  [{ isTTY: true, columns: 0 }, 80],
  [{}, 80],
])('takes what is written to %j to be %d columns wide', (stream, columns) => {
  expect(columnsOf(stream)).toBe(columns);
});

it('keeps within 80 columns what a pipe is told, but for words that are longer', async () => {
  const program = path.join(root, 'out/dist/cli/main.js');
  for (const command of [
    ['plan', 'production', '--checks'],
    ['status', 'production'],
  ]) {
    const ran = promisify(execFile)(process.execPath, [program, ...command, '-c', server.config]);
    // A log that nobody guards is worth a look: `status` exits with 7, and says the same.
    const { stdout } = await ran.catch((error: unknown) => error as { readonly stdout: string });
    const lines = stdout.split('\n');
    expect(lines.some((line) => line.length > 60)).toBe(true);
    expect(lines.filter((line) => line.length > 80 && / \S+ \S/.test(line.trim()))).toEqual([]);
  }
});
