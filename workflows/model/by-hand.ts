import type { AttemptInput } from './actions';
import type { StubbornStep } from './steps';

/** A step of an attempt that cannot be finished. */
export interface HeldStep extends AttemptInput {
  readonly step: StubbornStep;
  /** For the last look at what was taken back: whether the attempt may have closed the current tree. */
  readonly froze?: boolean;
}

/** What a person needs to finish a step without the rotation. */
export interface ByHand {
  /** What is there now, one fact a line. */
  readonly state: readonly string[];
  /** One command a line, with this log's addresses and ids. */
  readonly commands: readonly string[];
}
