import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { replaceGlobalTime } from './global-time';
import { mutants, type MutantName } from './mutants';
import { runSeed, type RunResult } from './run';
import type { Chosen } from './scenario';
import { WorkflowRuntime } from './temporal/runtime';
import { replaceFileSystem } from './world/files';
import { replaceSpawn } from './world/host';

/** What a run came to; a run that broke down is a violation of its own. */
export type SeedResult = RunResult & { readonly brokeDown?: string };

/** What seeds are run of. */
export interface SeedsOf extends Chosen {
  /** A fault in the code itself, to show that it would be found. */
  readonly mutant?: MutantName;
}

const bundlePath = path.join(__dirname, '../workflows/bundle.js');

/**
 * Makes this process one that runs seeds: time, files and commands are simulated from here on, for good.
 */
export async function becomeSeedProcess({
  mutant,
  ...chosen
}: SeedsOf): Promise<(seed: number, trace?: (line: string) => void) => Promise<SeedResult>> {
  const mutation = mutant === undefined ? undefined : mutants[mutant];
  const bundle = readFileSync(bundlePath, 'utf8');
  const runtime = await WorkflowRuntime.load(mutation?.bundle?.(bundle) ?? bundle);
  replaceFileSystem();
  replaceSpawn();
  replaceGlobalTime();
  return async (seed, trace) => {
    try {
      return await runSeed(seed, { runtime, ...(mutation && { mutation }), chosen, ...(trace && { trace }) });
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return {
        seed,
        violations: [{ rule: 0, what: `the run broke down: ${what}`, atMs: 0 }],
        outcomes: [],
        scheduled: [],
        covered: [],
        quiet: false,
        virtualMs: 0,
        happened: 0,
        brokeDown: what,
      };
    }
  };
}
