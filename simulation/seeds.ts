import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import type { SeedResult, SeedsOf } from './seed-process';

export interface SeedRange extends SeedsOf {
  readonly first: number;
  readonly count: number;
  /** Default: as many as there are processors. */
  readonly processes?: number;
}

/** Seeds that a process gets at a time. */
const AT_A_TIME = 10;

/**
 * Runs seeds in processes of their own, each of which has its own virtual time. Ends at once when `onResult` says no; what
 * others are in the middle of then is dropped. Rejects when a process dies.
 */
export async function runSeeds(range: SeedRange, onResult: (result: SeedResult) => boolean): Promise<void> {
  const { first, count, processes = availableParallelism(), ...seedsOf } = range;
  const end = first + count;
  const enough = new AbortController();
  let next = first;
  const worker = async (): Promise<void> => {
    const child = fork(path.join(__dirname, 'seed-main.js'), [JSON.stringify(seedsOf)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    try {
      while (next < end && !enough.signal.aborted) {
        const seeds = Array.from({ length: Math.min(AT_A_TIME, end - next) }, (_, offset) => next + offset);
        next += seeds.length;
        await answered(child, seeds, enough.signal, (result) => {
          if (!onResult(result)) {
            enough.abort();
          }
        });
      }
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, Math.ceil(count / AT_A_TIME)) }, worker));
}

/** Resolves when every seed has its result, or when there are enough. */
async function answered(
  child: ChildProcess,
  seeds: readonly number[],
  enough: AbortSignal,
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
    const onEnough = (): void => settle(resolve);
    const settle = (how: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      enough.removeEventListener('abort', onEnough);
      how();
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    enough.addEventListener('abort', onEnough);
    // One that has ended between two lists takes none any more, and says nothing of it.
    child.send(seeds, (error) => {
      if (error) settle(() => reject(error));
    });
  });
}
