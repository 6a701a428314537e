import { Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../workflows/model/counted';
import { mutantNames, type MutantName } from './mutants';
import { Report } from './report';
import { becomeSeedProcess, type SeedsOf } from './seed-process';
import { runSeeds } from './seeds';

/** `npm run simulate`: the rotation against a model of the world, with seeded faults. */

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly processes?: number;
  readonly workers?: 1 | 2;
  readonly gates?: 1 | 2;
  readonly intents?: boolean;
  readonly mutant?: MutantName;
  readonly first: boolean;
}

async function simulate(options: Options): Promise<number> {
  const { seeds, from, seed, processes, workers, gates, intents, mutant, first } = options;
  const seedsOf: SeedsOf = {
    ...(mutant && { mutant }),
    ...(workers && { workers }),
    ...(gates && { gates }),
    ...(intents !== undefined && { keepsIntents: intents }),
  };
  if (seed !== undefined) {
    return await replay(seed, seedsOf);
  }
  const report = new Report(seedsOf);
  const asked = { first: from, count: seeds, ...(processes !== undefined && { processes }), ...seedsOf };
  await runSeeds(asked, (result) => {
    report.add(result);
    return !first || report.violations === 0;
  });
  console.log(report.text());
  return report.violations > 0 ? 1 : 0;
}

/** One run with its trace. */
async function replay(seed: number, seedsOf: SeedsOf): Promise<number> {
  const run = await becomeSeedProcess(seedsOf);
  const result = await run(seed, (line) => console.log(line));
  for (const { rule, what, atMs } of result.violations) {
    console.log(`rule ${rule}, after ${atMs} ms: ${what}`);
  }
  console.log(`outcomes: ${result.outcomes.join(', ') || 'none'}`);
  console.log(`${counted(1, 'seed')}, ${counted(result.violations.length, 'violation')}`);
  return result.violations.length > 0 ? 1 : 0;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('It is a whole number, 0 or more.');
  }
  return value;
}

function oneOrTwo(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') {
    throw new InvalidArgumentError('It is 1 or 2.');
  }
  return text === '1' ? 1 : 2;
}

function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') {
    throw new InvalidArgumentError('It is yes or no.');
  }
  return text === 'yes';
}

// Until there is a report, whatever ends this program is no success.
process.exitCode = 2;
new Command('simulate')
  .description('Runs rotations against a model of the world, with seeded faults.')
  .option('--seeds <number>', 'how many seeds are run', whole, 500)
  .option('--from <seed>', 'the first of them', whole, 1)
  .option('--seed <seed>', 'run this one alone, and tell everything that happens in it', whole)
  .option('--processes <number>', 'how many run at a time; by default one for each processor', whole)
  .option('--workers <number>', 'so many, in every seed', oneOrTwo)
  .option('--gates <number>', 'so many, in every seed with any', oneOrTwo)
  .option('--intents <answer>', 'whether workers keep what they begin in a section, in every seed', yesOrNo)
  .addOption(
    new Option('--mutant <name>', 'a fault put into the rotation, to show that it would be found').choices(
      mutantNames,
    ),
  )
  .option('--first', 'end with the first violation', false)
  .addHelpText('after', '\nExit codes: 0 no violation; 1 otherwise; 2 it could not be run.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    process.exitCode = await simulate(options);
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
