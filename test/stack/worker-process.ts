import { join } from 'node:path';
import { compiledProgram } from '../../lab/files';
import { startNode, type Child } from './child';

/** The worker of the log under test. */
export interface WorkerProcess {
  /** Starts one, of the compiled program unless told otherwise; the one before must have ended. */
  start(program?: string): void;
  runs(): boolean;
  /** SIGKILL: nothing of it gets to clean up. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
  /** What the worker that runs now, and those before it, wrote. */
  output(): string;
}

export function workerProcess(configurationFile: string, directory: string): WorkerProcess {
  let child: Child | undefined;
  return {
    start: (program = compiledProgram()) => {
      if (child?.running()) {
        throw new Error('A worker runs already.');
      }
      const args = [program, 'worker', '--config', configurationFile];
      child = startNode('worker', args, join(directory, 'worker.log'));
    },
    runs: () => child?.running() ?? false,
    kill9: async () => await child?.kill9(),
    stop: async () => {
      if (child?.running()) {
        await child.stop();
      }
    },
    output: () => child?.output() ?? '',
  };
}
