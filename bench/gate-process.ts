import { join } from 'node:path';
import { pino } from 'pino';
import type * as Gate from '../gate/gate';

/**
 * A gate in a process of its own, so that nobody else's memory and time are in its figures: `node gate-process.js OPTIONS BUILD`,
 * the options in JSON, the build a folder like our own. It tells its parent its addresses, and what it has taken whenever it is
 * sent something.
 */
export interface GateProcessOptions extends Omit<
  Gate.GateOptions,
  'token' | 'logger' | 'authorities' | 'clock'
> {
  readonly token: string;
}

/** What the process has taken since it began. */
export interface Taken {
  /** The most memory at a time, in KiB, as `process.resourceUsage` tells it. */
  readonly maxRssKib: number;
  /** Time of all its threads on processors, in user mode and in the kernel. Microseconds. */
  readonly cpuUs: number;
}

export type GateProcessWord = { readonly publicUrl: string; readonly adminUrl: string } | Taken;

async function run(): Promise<void> {
  const [, , given = '', build = ''] = process.argv;
  const { token, ...options } = JSON.parse(given) as GateProcessOptions;
  const { startGate } = (await import(join(build, 'gate', 'gate.js'))) as typeof Gate;
  const tell = (word: GateProcessWord): void => void process.send?.(word);
  const gate = await startGate({ ...options, token: () => token, logger: pino({ level: 'silent' }) });
  process.on('message', () => {
    const { maxRSS: maxRssKib, userCPUTime, systemCPUTime } = process.resourceUsage();
    tell({ maxRssKib, cpuUs: userCPUTime + systemCPUTime });
  });
  process.on('disconnect', () => process.exit(0));
  tell({ publicUrl: gate.publicUrl, adminUrl: gate.adminUrl });
}

run().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
