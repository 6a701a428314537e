import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ensureBinaries } from '../tools/binaries';
import type { CellRecord } from './cell';
import { moments } from '../harness/moments';
import { cellsOf, faults, parts } from './matrix';
import { stepNames } from '../workflows/rotation';
import { replaceFile } from '../files/atomic-file';
import { databaseNames, type DatabaseName, type Gates } from '../lab/lab';
import { interruption } from '../tools/interruption';
import { cellsDocument, matrixDocument, summaryText, tableText } from './report';
import { runCells } from './run';

/** `npm run chaos`: every part of a real log breaks at every moment of a rotation. */

interface Options {
  readonly part?: (typeof parts)[number][];
  readonly step?: (typeof stepNames)[number][];
  readonly moment?: (typeof moments)[number][];
  readonly fault?: (typeof faults)[number][];
  readonly workers: 1 | 2;
  readonly gates: Gates;
  readonly database: DatabaseName;
  readonly repeat: number;
  readonly from: number;
  readonly seconds: number;
  readonly cellsPerLog: number;
  readonly directory: string;
  readonly json?: string;
  readonly show?: string[];
}

const EXIT_INTERRUPTED = 130;

async function chaos(options: Options): Promise<number> {
  if (options.show) {
    return await concluded(options.show.flatMap(readRecords), options.directory);
  }
  const report = (line: string): void => {
    console.log(line);
  };
  // The cell under way comes to its end, and everything that was started is stopped.
  const signal = interruption(() => report('Stopping after this cell ...'));
  const selection = {
    ...(options.part && { parts: options.part }),
    ...(options.step && { steps: options.step }),
    ...(options.moment && { moments: options.moment }),
    ...(options.fault && { faults: options.fault }),
  };
  const once = cellsOf(selection, options.workers, options.gates);
  const cells = Array.from({ length: options.repeat }, () => once)
    .flat()
    .slice(options.from - 1);
  if (cells.length === 0) {
    report('No such cell: the part does not run at that moment.');
    return 2;
  }
  const { directory, json = join(directory, 'chaos.json') } = options;
  const records: CellRecord[] = [];
  await ensureBinaries(report, { signal });
  await runCells(cells, {
    directory,
    database: options.database,
    gates: options.gates,
    signal,
    report,
    cellsPerLog: options.cellsPerLog,
    forMs: options.seconds * 1_000,
    restartAfter: 0,
    record: async (record) => {
      records.push(record);
      await mkdir(dirname(json), { recursive: true });
      await replaceFile(json, `${JSON.stringify(records, null, 2)}\n`);
    },
  });
  const code = await concluded(records, directory);
  return signal.aborted ? EXIT_INTERRUPTED : code;
}

/** Prints the table and what is wrong, and writes the table and the cells as Markdown; returns the exit code. */
async function concluded(records: readonly CellRecord[], directory: string): Promise<number> {
  await mkdir(directory, { recursive: true });
  await replaceFile(join(directory, 'failure-matrix.md'), matrixDocument(records));
  await replaceFile(join(directory, 'cells.md'), cellsDocument(records));
  console.log(`\n${tableText(records)}\n\n${summaryText(records)}`);
  return records.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

function readRecords(file: string): CellRecord[] {
  return JSON.parse(readFileSync(file, 'utf8')) as CellRecord[];
}

/** A list of names, separated by commas. */
function someOf<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((word) => {
      const known = names.find((name) => name === word);
      if (!known) throw new InvalidArgumentError(`There is no "${word}"; there are ${names.join(', ')}.`);
      return known;
    });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It is a whole number above 0.');
  return value;
}

function oneOrTwo(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('It is 1 or 2.');
  return text === '1' ? 1 : 2;
}

new Command('chaos')
  .description('Breaks each part of a real log at each moment of a rotation, under load; writes out/chaos/.')
  .option('--part <names>', `of ${parts.join(', ')}; all unless told otherwise`, someOf(parts))
  .option('--step <names>', `of ${stepNames.join(', ')}`, someOf(stepNames))
  .option('--moment <names>', `of ${moments.join(', ')}`, someOf(moments))
  .option('--fault <names>', `of ${faults.join(', ')}`, someOf(faults))
  .option('--workers <number>', 'how many workers live, 1 or 2', oneOrTwo, 1)
  .option('--gates <number>', 'how many gates stand side by side, 1 or 2', oneOrTwo, 1)
  .addOption(
    new Option('--database <name>', 'what Trillian runs on').choices(databaseNames).default('postgresql'),
  )
  .option('--repeat <number>', 'how often the selection is run', count, 1)
  .option(
    '--from <number>',
    'the first cell to run, counted from 1: goes on with a run that was ended',
    count,
    1,
  )
  .option('--seconds <number>', 'how long a part is stopped or cut off', count, 4)
  .option('--cells-per-log <number>', 'after so many cells a new log is taken', count, 10)
  .option(
    '--directory <directory>',
    'for the log and all that is written',
    // The programs of the lab are started in directories of their own.
    (path) => resolve(path),
    join(process.cwd(), 'out', 'chaos'),
  )
  .option('--json <file>', 'where the records are written; default chaos.json in the directory')
  .option('--show <files>', 'run nothing: sum up the records of runs before', (text) => text.split(','))
  .addHelpText(
    'after',
    '\nExit codes: 0 every cell passed; 1 otherwise; 2 wrong command line; 130 stopped by Ctrl-C.',
  )
  .action(async (options: Options) => {
    process.exitCode = await chaos(options);
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
