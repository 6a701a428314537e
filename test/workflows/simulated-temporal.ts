import { errorOf, valueOf } from '../../simulation/temporal/conversion';
import type { Execution } from '../../simulation/temporal/execution';
import type { WatchedWorld } from '../../simulation/watched-world';
import type { Handle, Temporal } from './rotations';

/** The Temporal of a simulated world, as the SDK's client shows a real one. */
export function simulatedTemporal({ world, injection }: WatchedWorld): Temporal {
  const { temporal, time } = world;
  const { interfered } = injection.happenings;
  const latest = (workflowId: string): Execution => {
    const found = temporal.latest(workflowId);
    if (!found) {
      throw new Error(`There is no workflow ${workflowId}.`);
    }
    return found;
  };
  const getHandle = <Result>(workflowId: string): Handle<Result> => ({
    workflowId,
    result: async () => {
      for (let pauseMs = 10; latest(workflowId).open; pauseMs = Math.min(pauseMs * 1.01, 1_000)) {
        await time.pass(pauseMs);
      }
      const { status, result, failure } = latest(workflowId);
      if (status !== 'COMPLETED') {
        throw failure ? errorOf(failure) : new Error(`${workflowId} is ${status}`);
      }
      return valueOf(result) as Result;
    },
    cancel: async () => {
      interfered.add('cancel');
      temporal.cancel(await Promise.resolve(latest(workflowId)));
    },
    terminate: async (reason) => {
      interfered.add('terminate');
      temporal.terminate(await Promise.resolve(latest(workflowId)), reason);
    },
    describe: () => {
      const memo = Object.entries(latest(workflowId).options.memo);
      return Promise.resolve({ memo: Object.fromEntries(memo.map(([key, value]) => [key, valueOf(value)])) });
    },
    query: async <Answer>(name: string) => (await temporal.query(latest(workflowId), name)) as Answer,
    executeUpdate: async <Answer>(name: string, { args }: { readonly args: readonly unknown[] }) =>
      (await temporal.update(latest(workflowId), name, args)) as Answer,
  });
  return {
    start: (type, options) => {
      temporal.start(type, options);
      return Promise.resolve(getHandle(options.workflowId));
    },
    getHandle,
    pass: (ms) => time.pass(ms),
  };
}
