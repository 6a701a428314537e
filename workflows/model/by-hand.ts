import type { AttemptOrder } from './changes';

/** A step of an attempt that cannot be finished. */
export interface HeldStep extends AttemptOrder {
  readonly step: string;
}

/** What a person needs to finish a step without the rotation. */
export interface ByHand {
  /** What is there now, one fact a line. */
  readonly state: readonly string[];
  /** One command a line, with this log's addresses and ids. */
  readonly commands: readonly string[];
}
