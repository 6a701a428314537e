import type { ActivityBounds } from '../bounds/activity-bounds';
import type { LogSystems } from '../systems';

/**
 * What is done to, or asked of, the systems of one log within one try of an activity, whose bounds end every call. What a step
 * does states an end, so it may be repeated.
 */
export type Act<Input, Result = void> = (
  systems: LogSystems,
  input: Input,
  bounds: ActivityBounds,
) => Promise<Result>;
