import type { JsonObject } from '../../activities/clients/kubernetes/exact-json';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import type { StepName } from '../../workflows/model/steps';

/** Moments of a rotation that was just started on a cluster. */

/** Every object of the log's namespace, by its kind and name. */
type Objects = () => Promise<Readonly<Record<string, JsonObject>>>;

/** Waits until the copy of the standing Deployment is there. */
export async function untilThereIsACopy(objects: Objects): Promise<void> {
  await until('the copy', PATIENCE_MS, async () => 'Deployment rekor-server-next' in (await objects()));
}

/** Waits until it is in this step, or past it; before it has a copy, the rotation before it may still answer. */
export async function untilInStep(
  step: StepName,
  { objects, rotations }: { readonly objects: Objects; readonly rotations: Rotations },
): Promise<void> {
  await untilThereIsACopy(objects);
  await until(`the step ${step}`, PATIENCE_MS, async () => {
    const { steps, phase } = await rotations.progress().catch(() => ({ steps: [], phase: '' }));
    return phase === step || steps.some(({ name }) => name === step);
  });
}
