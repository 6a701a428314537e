import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { complaints, type Summary } from '../demo/summary';
import { median } from '../load/median';
import { measureGateCpu, type GateCpu } from './gate-cpu';

/** Another revision of this project, and how often both are measured. */
export interface AgainstOptions {
  /** Any name that git has for it. */
  readonly revision: string;
  readonly rounds: number;
  readonly writesPerSecond: number;
  /** Of each kind to each gate in a round. */
  readonly gateRequests: number;
  /** The checkout of what is measured. */
  readonly checkout: string;
  /** Where the other revision is checked out; removed afterwards. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** What the demonstrations of one revision came to, one after the other. Milliseconds. */
export interface Measured {
  readonly stallsMs: readonly number[];
  readonly longestWaitsMs: readonly number[];
  readonly floorsMs: readonly number[];
  /** What was not clean in any of them. */
  readonly complaints: readonly string[];
}

export interface Against {
  readonly now: Measured & GateCpu;
  readonly former: Measured & GateCpu;
}

/**
 * Runs the demonstration of this checkout and of another revision in turn, so that both meet the same machine. Which one comes
 * first changes with each round.
 *
 * @throws Error where git does not know the revision, or a demonstration leaves no summary.
 */
export async function measureAgainst(options: AgainstOptions): Promise<Against> {
  const { revision, rounds, checkout, directory, signal, report } = options;
  const git = (...words: readonly string[]): Promise<void> => run(['git', ...words], checkout, signal);
  const summaries = { now: [] as Summary[], former: [] as Summary[] };
  const places = { now: checkout, former: directory };
  await git('worktree', 'add', '--force', '--detach', directory, revision);
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const which of round % 2 === 1 ? (['former', 'now'] as const) : (['now', 'former'] as const)) {
        report(`Round ${round} of ${rounds}: ${which === 'now' ? 'this checkout' : revision}`);
        summaries[which].push(await demonstration(places[which], options));
      }
    }
    report(`Both gates: ${rounds} rounds of ${options.gateRequests} reads and as many writes`);
    const gates = await measureGateCpu({
      // The demonstrations have built both.
      builds: { now: join(checkout, 'out', 'dist'), former: join(directory, 'out', 'dist') },
      ...{ rounds, requests: options.gateRequests, directory: join(checkout, 'out', 'bench', 'gate') },
    });
    return {
      now: { ...measured(summaries.now), ...gates.now },
      former: { ...measured(summaries.former), ...gates.former },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
    await run(['git', 'worktree', 'prune'], checkout);
  }
}

/** The median of `now` over that of `former`: below 1 where this checkout is the faster. */
export function ratio(now: readonly number[], former: readonly number[]): number {
  return median(now) / median(former);
}

async function demonstration(
  checkout: string,
  { writesPerSecond, signal }: AgainstOptions,
): Promise<Summary> {
  const directory = join(checkout, 'out', 'demo');
  // What an earlier one has left, of a revision that cannot begin anew by itself.
  await rm(directory, { recursive: true, force: true });
  // It ends with 1 where it was not clean, which its summary says, too.
  await run(['npm', 'run', 'demo', '--', '--writes', String(writesPerSecond)], checkout, signal, [0, 1]);
  return JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')) as Summary;
}

function measured(summaries: readonly Summary[]): Measured {
  const rotations = summaries.flatMap((summary) => summary.rotations);
  return {
    stallsMs: rotations.map(({ writeStallMs }) => writeStallMs ?? Infinity),
    longestWaitsMs: rotations.map(({ longestWaitMs }) => longestWaitMs),
    floorsMs: summaries.map(({ floorMs }) => floorMs),
    complaints: summaries.flatMap((summary) => complaints(summary)),
  };
}

async function run(
  [command, ...words]: readonly [string, ...string[]],
  directory: string,
  signal?: AbortSignal,
  codes: readonly number[] = [0],
): Promise<void> {
  const child = spawn(command, words, {
    ...{ cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] },
    ...(signal && { signal, killSignal: 'SIGINT' }),
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code === null || !codes.includes(code)) {
    throw new Error(
      `${[command, ...words].join(' ')} ended with ${code ?? 'a signal'}; its messages are above.`,
    );
  }
}
