import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import type { MutantName } from './mutants';
import type { SeedResult } from './seed-process';

export interface SeedRange {
  readonly first: number;
  readonly count: number;
  /** Default: as many as there are processors. */
  readonly processes?: number;
  readonly mutant?: MutantName;
}

/** Seeds that a process gets at a time. */
const AT_A_TIME = 10;

/**
 * Runs seeds in processes of their own, each of which has its own virtual time. No new ones are begun once `onResult` has
 * said no. Rejects when a process dies.
 */
export async function runSeeds(range: SeedRange, onResult: (result: SeedResult) => boolean): Promise<void> {
  const { first, count, mutant, processes = availableParallelism() } = range;
  let next = first;
  let end = first + count;
  const worker = async (): Promise<void> => {
    const child = fork(path.join(__dirname, 'seed-main.js'), mutant === undefined ? [] : [mutant], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    try {
      while (next < end) {
        const seeds = Array.from({ length: Math.min(AT_A_TIME, end - next) }, (_, offset) => next + offset);
        next += seeds.length;
        await answered(child, seeds, (result) => {
          if (!onResult(result)) {
            end = next;
          }
        });
      }
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, Math.ceil(count / AT_A_TIME)) }, worker));
}

async function answered(
  child: ChildProcess,
  seeds: readonly number[],
  onResult: (result: SeedResult) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let left = seeds.length;
    const onMessage = (result: SeedResult): void => {
      onResult(result);
      left -= 1;
      if (left === 0) {
        settle(resolve);
      }
    };
    const onExit = (code: number | null): void => {
      settle(() =>
        reject(
          new Error(`a process that ran the seeds ${seeds.join(', ')} ended with ${code ?? 'a signal'}`),
        ),
      );
    };
    const settle = (how: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      how();
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    // One that has ended between two lists takes none any more, and says nothing of it.
    child.send(seeds, (error) => {
      if (error) settle(() => reject(error));
    });
  });
}
