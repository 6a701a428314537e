import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ensureBinaries } from '../tools/binaries';
import { interruption } from '../tools/interruption';
import { compareWithRunbook } from './comparison';
import { demonstrate } from './demonstration';
import { shapeNames, type ShapeName } from '../lab/kubernetes/log/shapes';
import { databaseNames, type DatabaseName } from '../lab/lab';
import { stageOnHost } from './on-host';
import { stageOnKubernetes } from './on-kubernetes';
import { complaints, type Summary } from './summary';
import { summaryText } from './summary-text';

/** `npm run demo`: a real Rekor log under load moves to a new shard, twice. */

interface DemoOptions {
  readonly writes: number;
  readonly reads: number;
  readonly keep: boolean;
  readonly database: DatabaseName;
  readonly kubernetes: boolean;
  readonly shape: ShapeName;
}

const EXIT_INTERRUPTED = 130;

async function demo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const report = (line: string): void => {
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const signal = interruption(() => report('Stopping everything that was started ...'));
  const directory = join(process.cwd(), 'out', 'demo');
  const labDirectory = join(directory, options.kubernetes ? 'cluster' : 'lab');
  try {
    await rm(join(directory, 'summary.json'), { force: true });
    const binaries = await ensureBinaries(report, { signal });
    const wanted = { directory: labDirectory, keep: options.keep, report, signal };
    const stage = options.kubernetes
      ? await stageOnKubernetes(wanted, options.shape)
      : await stageOnHost(wanted, binaries, options.database);
    try {
      const measured = {
        ...{ lab: stage.lab, binaries, directory, signal, report },
        ...{ writesPerSecond: options.writes, readsPerSecond: options.reads },
      };
      const { summary, acknowledged: earlier } = await demonstrate({
        ...{ ...measured, rotations: 2, floorRuns: 5 },
        ...(stage.before && { before: stage.before }),
      });
      const { rotations } = summary;
      let shown: Summary = summary;
      try {
        // A rotation that did not complete may have left what a runbook must not touch.
        if (stage.byHand && rotations.every(({ outcome }) => outcome === 'completed')) {
          const log = stage.byHand;
          shown = { ...summary, runbook: await compareWithRunbook({ ...measured, log, rotations, earlier }) };
        }
      } finally {
        await mkdir(directory, { recursive: true });
        await writeFile(join(directory, 'summary.json'), `${JSON.stringify(shown, null, 2)}\n`);
        console.log(`\n${summaryText(shown)}\n`);
      }
      return complaints(shown).length === 0 ? 0 : 1;
    } finally {
      if (options.keep && !signal.aborted) {
        console.log(await stage.leave());
      } else {
        await stage.stop();
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
    'Rotates a real Rekor log twice under load, the second time to a new key unless it is on Kubernetes, and checks every entry that was acknowledged.',
  )
  .option('--writes <rate>', 'writes per second', rate, 20)
  .option('--reads <rate>', 'reads per second', rate, 20)
  .addOption(
    new Option('--database <name>', 'what Trillian runs on').choices(databaseNames).default('postgresql'),
  )
  .addOption(
    new Option('--kubernetes', 'on a real cluster of one node, which needs root and Linux')
      .default(false)
      .conflicts('database'),
  )
  .addOption(
    new Option('--shape <name>', 'with --kubernetes: how the log is installed')
      .choices(shapeNames)
      .default('upstream')
      .implies({ kubernetes: true }),
  )
  .option('--keep', 'leave the lab up afterwards', false)
  .addHelpText(
    'after',
    '\nExit codes: 0 no request failed, and nothing was lost; 1 otherwise; 130 stopped by Ctrl-C.',
  )
  .action(async (options: DemoOptions) => {
    process.exitCode = await demo(options);
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
