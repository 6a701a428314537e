import { CancellationScope } from '@temporalio/workflow';
import type { Exposed } from './critical-section';
import type { Journal } from './journal';
import type { AttemptInput } from './model/actions';
import type { RotationTiming } from './model/plan';
import type { Evidence } from './model/result';
import type { WriteStall } from './model/rotation';
import type { Run } from './run';
import { Saga, type Act } from './saga';

/** A day of soaking is a hundred and fifty events of history. Milliseconds. */
const LONGEST_LOOK_MS = 3_600_000;

/** Past the point of no return: each step is tried until it succeeds or a person leaves it out; Cancel changes nothing. */
export async function finish(
  run: Run,
  input: AttemptInput,
  { frozen, handover }: Exposed,
  { soakMs }: Pick<RotationTiming, 'soakMs'>,
  journal: Journal,
): Promise<Evidence> {
  const { actions, retrying } = run;
  const { identity, release } = input;
  const settled = { identity, release, frozen, handover };
  const saga = new Saga(identity.attempt, journal, run.says);
  const carry = retrying.on(input);
  const onwards = <Result>(name: string, step: Act<Result>): Promise<Result | undefined> =>
    saga.carried(name, carry, step);
  return await CancellationScope.nonCancellable(async () => {
    const verification = await onwards('confirm', (patience) => actions.confirm(settled, patience));
    await onwards('settle', (patience) => actions.settle(settled, patience));
    let writes: WriteStall | null | undefined;
    let leftMs = soakMs;
    do {
      const forMs = Math.min(leftMs, LONGEST_LOOK_MS);
      writes = await onwards('soak', (patience) => actions.soak({ ...settled, forMs }, patience));
      // Whoever leaves one look out leaves out all that would follow.
      leftMs = writes === undefined ? 0 : leftMs - forMs;
    } while (leftMs > 0);
    return { frozen, handover, ...(verification && { verification }), ...(writes && { writes }) };
  });
}
