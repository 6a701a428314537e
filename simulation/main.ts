import { parseArgs } from 'node:util';
import { mutantNames, type MutantName } from './mutants';
import { Report } from './report';
import { becomeSeedProcess } from './seed-process';
import { runSeeds } from './seeds';

const USAGE = `usage: npm run simulate -- [--seeds N] [--from S] [--processes N] [--mutant NAME] [--first]
       npm run simulate -- --seed S [--mutant NAME]     one run, with everything that happens in it

--first ends with the first violation.
A mutant is a fault put into the rotation, to show that it would be found: one of
${mutantNames.map((name) => `  "${name}"`).join('\n')}`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '500' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      processes: { type: 'string' },
      mutant: { type: 'string' },
      first: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const mutant = mutantNames.find((name) => name === values.mutant);
  if (values.help || (values.mutant !== undefined && mutant === undefined)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (values.seed !== undefined) {
    return await replay(number('seed', values.seed), mutant);
  }
  const from = number('from', values.from);
  const report = new Report(mutant);
  await runSeeds(
    {
      first: from,
      count: number('seeds', values.seeds),
      ...(values.processes !== undefined && { processes: number('processes', values.processes) }),
      ...(mutant !== undefined && { mutant }),
    },
    (result) => {
      report.add(result);
      return !values.first || report.violations === 0;
    },
  );
  console.log(report.text());
  return report.violations > 0 ? 1 : 0;
}

/** One run with its trace. */
async function replay(seed: number, mutant: MutantName | undefined): Promise<number> {
  const run = await becomeSeedProcess(mutant);
  const result = await run(seed, (line) => console.log(line));
  for (const { rule, what, atMs } of result.violations) {
    console.log(`rule ${rule}, after ${atMs} ms: ${what}`);
  }
  console.log(`outcomes: ${result.outcomes.join(', ') || 'none'}`);
  console.log(`1 seeds, ${result.violations.length} violations`);
  return result.violations.length > 0 ? 1 : 0;
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Error(`--${name} must be a whole number, not ${text}.\n${USAGE}`);
  }
  return value;
}

// Until there is a report, whatever ends this program is no success.
process.exitCode = 2;
main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  },
);
