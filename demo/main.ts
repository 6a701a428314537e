import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ensureBinaries } from '../tools/binaries';
import { interruption } from '../tools/interruption';
import { demonstrate } from './demonstration';
import { compiledProgram } from '../lab/files';
import { databaseNames, readStatus, startLab, stopLab, type DatabaseName, type LabStatus } from '../lab/lab';
import { configureNewKey } from './new-key';
import { complaints } from './summary';
import { summaryText } from './summary-text';

/** `npm run demo`: a real Rekor log under load moves to a new shard, twice. */

interface DemoOptions {
  readonly writes: number;
  readonly reads: number;
  readonly keep: boolean;
  readonly database: DatabaseName;
}

const EXIT_INTERRUPTED = 130;

/** Where the lab that runs on is reached, and commands to copy. */
function whatToDoNext({ temporalUi, publicUrl, configuration, directory }: LabStatus): string {
  const shown = (path: string): string => relative(process.cwd(), path);
  const command = `  node ${shown(compiledProgram())}`;
  const verbs = ['plan', 'status', 'rotate', 'prune'];
  return [
    'The lab runs on.',
    `  Temporal UI: ${temporalUi}`,
    `  Rekor: ${publicUrl}`,
    '',
    'To look around, and to end it:',
    ...verbs.map((verb) => `${command} ${verb} lab --config ${shown(configuration)}`),
    `${command} lab down --remove-data --directory ${shown(directory)}`,
  ].join('\n');
}

async function demo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const report = (line: string): void => {
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const signal = interruption(() => report('Stopping everything that was started ...'));
  const directory = join(process.cwd(), 'out', 'demo');
  const labDirectory = join(directory, 'lab');
  try {
    await rm(join(directory, 'summary.json'), { force: true });
    const binaries = await ensureBinaries(report, { signal });
    if (await readStatus(labDirectory)) {
      report('A lab of an earlier demo is there: it is removed');
      await stopLab(labDirectory, { keepData: false, report });
    }
    const lab = await startLab({
      directory: labDirectory,
      database: options.database,
      binaries,
      report,
      detached: options.keep,
      keepData: options.keep,
      signal,
    });
    try {
      const summary = await demonstrate({
        lab,
        binaries,
        writesPerSecond: options.writes,
        readsPerSecond: options.reads,
        rotations: 2,
        before: async (rotation) => {
          if (rotation === 2) {
            await configureNewKey(lab);
            report(
              'The log is to have a new key: nextSigner is configured, and the worker was started again',
            );
          }
        },
        floorRuns: 5,
        directory,
        signal,
        report,
      });
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
      console.log(`\n${summaryText(summary)}\n`);
      return complaints(summary).length === 0 ? 0 : 1;
    } finally {
      if (options.keep && !signal.aborted) {
        await lab.leave();
        console.log(whatToDoNext(lab.status));
      } else {
        await lab.stop();
      }
    }
  } catch (error) {
    if (signal.aborted) {
      report('Stopped.');
      return EXIT_INTERRUPTED;
    }
    throw error;
  }
}

function rate(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 1000) {
    throw new InvalidArgumentError('It is a number of requests per second, above 0 and at most 1000.');
  }
  return value;
}

new Command('demo')
  .description(
    'Rotates a real Rekor log twice under load, the second time to a new key, and checks every entry that was acknowledged.',
  )
  .option('--writes <rate>', 'writes per second', rate, 20)
  .option('--reads <rate>', 'reads per second', rate, 20)
  .addOption(
    new Option('--database <name>', 'what Trillian runs on').choices(databaseNames).default('postgresql'),
  )
  .option('--keep', 'leave the lab up afterwards', false)
  .addHelpText('after', '\nExit codes: 0 no client noticed; 1 otherwise; 130 stopped by Ctrl-C.')
  .action(async (options: DemoOptions) => {
    process.exitCode = await demo(options);
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
