import { CancellationScope } from '@temporalio/workflow';
import type { Exposed } from './cut-over';
import type { Journal } from './journal';
import type { AttemptOrder } from './model/changes';
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
  order: AttemptOrder,
  { frozen, handover }: Exposed,
  { soakMs }: Pick<RotationTiming, 'soakMs'>,
  journal: Journal,
): Promise<Evidence> {
  const { changes, insistence } = run;
  const { identity, release } = order;
  const settled = { identity, release, frozen, handover };
  const saga = new Saga(identity.attempt, journal, run.says);
  const carry = insistence.on(order);
  const onwards = <Result>(name: string, step: Act<Result>): Promise<Result | undefined> =>
    saga.carried(name, carry, step);
  return await CancellationScope.nonCancellable(async () => {
    const verification = await onwards('confirm', (patience) => changes.confirm(settled, patience));
    await onwards('settle', (patience) => changes.settle(settled, patience));
    let writes: WriteStall | null | undefined;
    let leftMs = soakMs;
    do {
      const forMs = Math.min(leftMs, LONGEST_LOOK_MS);
      writes = await onwards('soak', (patience) => changes.soak({ ...settled, forMs }, patience));
      // Whoever leaves one look out leaves out all that would follow.
      leftMs = writes === undefined ? 0 : leftMs - forMs;
    } while (leftMs > 0);
    return { frozen, handover, ...(verification && { verification }), ...(writes && { writes }) };
  });
}
