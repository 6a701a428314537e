import { pino } from 'pino';
import { startGate, type GateOptions } from '../gate/gate';

/**
 * A gate in a process of its own, so that nobody else's memory is in its figures: `node gate-process.js OPTIONS`, in JSON. It
 * tells its parent its addresses, and the most memory that it has ever had whenever it is sent something.
 */
export interface GateProcessOptions extends Omit<GateOptions, 'token' | 'logger' | 'authorities' | 'clock'> {
  readonly token: string;
}

export type GateProcessWord =
  | { readonly publicUrl: string; readonly adminUrl: string }
  /** In KiB, as `process.resourceUsage` tells it. */
  | { readonly maxRssKib: number };

async function run(): Promise<void> {
  const { token, ...options } = JSON.parse(process.argv[2] ?? '') as GateProcessOptions;
  const tell = (word: GateProcessWord): void => void process.send?.(word);
  const gate = await startGate({ ...options, token: () => token, logger: pino({ level: 'silent' }) });
  process.on('message', () => tell({ maxRssKib: process.resourceUsage().maxRSS }));
  process.on('disconnect', () => process.exit(0));
  tell({ publicUrl: gate.publicUrl, adminUrl: gate.adminUrl });
}

run().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
