import { reasonOf } from './failure';
import type { Check } from './model/checks';
import { planRotation, type Planned } from './model/plan';
import type { RotationRequest } from './model/request';
import { observations } from './real-run';

/** Looks, and plans; whatever keeps it from looking is a refusal too. `before`: what was looked at already. */
export async function planOf(request: RotationRequest, before: readonly Check[] = []): Promise<Planned> {
  try {
    const facts = await observations().preflight(request);
    return planRotation(request, { ...facts, checks: [...before, ...facts.checks] });
  } catch (error) {
    return { checks: before, refusals: [reasonOf(error, 'preflight')] };
  }
}
