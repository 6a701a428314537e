import { Command, InvalidArgumentError } from 'commander';
import { loadConfiguration, logNamed } from '../config/load';
import { readSecret } from '../config/secrets';
import { labLog } from '../lab/configuration';
import { measureFloor, type Floor, type FloorLab } from './floor';

interface FloorMainOptions {
  readonly configuration: string;
  readonly rekorServer: string;
  readonly writes: number;
  readonly reads: number;
  readonly runs: number;
  readonly json: boolean;
}

/** Where the lab's Trillian is, from the lab's configuration. */
export function floorLab(configurationFile: string, rekorServer: string): FloorLab {
  const { trillian } = logNamed(loadConfiguration(configurationFile), labLog);
  if (!trillian.database)
    throw new Error(`${configurationFile} names no database: the drain cannot be proven.`);
  return {
    trillian: trillian.address,
    logServerMetrics: trillian.logServerMetrics,
    signerMetrics: trillian.signerMetrics,
    databaseUrl: readSecret(trillian.database.url),
    rekorServer,
  };
}

/** The floor as a table, for people. */
export function floorText({ floorMs, parts, runs }: Floor): string {
  const rows = Object.entries(parts).map(
    ([name, ms]: [string, number]) => `  ${name.padEnd(20)}${String(Math.round(ms)).padStart(6)} ms`,
  );
  return [`floor, median of ${runs.length} runs: ${Math.round(floorMs)} ms`, ...rows].join('\n');
}

async function main(options: FloorMainOptions): Promise<void> {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      interrupted.abort();
    });
  }
  const measured = measureFloor(floorLab(options.configuration, options.rekorServer), {
    runs: options.runs,
    writesPerSecond: options.writes,
    readsPerSecond: options.reads,
    signal: interrupted.signal,
    report: (line) => {
      console.error(line);
    },
  });
  const floor = await measured.catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    process.exitCode = 130; // Whoever interrupted this knows why.
    return null;
  });
  if (floor) console.log(options.json ? JSON.stringify(floor) : floorText(floor));
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

if (require.main === module) {
  new Command('floor')
    .description('Measures what the calls of a rotation cost alone, in a running lab.')
    .requiredOption('--configuration <file>', "the lab's configuration")
    .requiredOption('--rekor-server <path>', 'the rekor-server to run')
    .option('--writes <rate>', 'writes per second', positive, 20)
    .option('--reads <rate>', 'reads per second', positive, 20)
    .option('--runs <number>', 'how often it is measured', positive, 5)
    .option('--json', 'print JSON', false)
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
}
