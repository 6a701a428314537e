import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compiledProgram } from '../lab/files';

export interface FloorProgramOptions {
  /** The lab's configuration file. */
  readonly configuration: string;
  readonly rekorServer: string;
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly runs: number;
  readonly signal: AbortSignal;
  /** Gets one line for each run. */
  readonly report: (line: string) => void;
}

/**
 * Runs the floor script and returns its median in milliseconds: what the calls of a rotation cost alone, in this lab, now.
 */
export async function measuredFloor(options: FloorProgramOptions): Promise<number> {
  const program = join(compiledProgram(), '..', '..', 'demo', 'floor-main.js');
  const given = {
    configuration: options.configuration,
    'rekor-server': options.rekorServer,
    writes: options.writesPerSecond,
    reads: options.readsPerSecond,
    runs: options.runs,
  };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // A process group of its own: Ctrl-C reaches it through the signal alone, once.
  const child = spawn(process.execPath, [program, '--json', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const interrupt = (): void => {
    child.kill('SIGINT');
  };
  options.signal.addEventListener('abort', interrupt);
  createInterface({ input: child.stderr }).on('line', options.report);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    options.signal.throwIfAborted();
    if (code !== 0)
      throw new Error(`The floor could not be measured: its program ended with ${code ?? 'a signal'}.`);
    return (JSON.parse(printed) as { floorMs: number }).floorMs;
  } finally {
    options.signal.removeEventListener('abort', interrupt);
  }
}
