import type { BoundSystems } from '../systems';

/** What is done to, or asked of, the systems of a log. What a step does states an end, so it may be repeated. */
export type Act<Input, Result = void> = (systems: BoundSystems, input: Input) => Promise<Result>;
