import type { KeptStep } from '../../workflows/model/steps';

/** What a worker has begun in a critical section. */
export interface Intents {
  readonly began: readonly KeptStep[];
  /** Until when a change that was sent and not answered may land, in milliseconds since the epoch (H8); 0 without one. */
  readonly mayLandUntil: number;
  /** Whether a command of the host runs, which outlives the worker. */
  readonly commandRuns: boolean;
}

/** Who waits for a critical section. */
export interface SectionTask {
  /** Temporal's token of the activity, in Base64: whoever has it may say how the activity ended. */
  readonly taskToken: string;
  /** The run of the workflow that asked for it. */
  readonly workflowId: string;
  readonly runId: string;
}

/** What a worker keeps of the critical section that it does, for the one that is started after it on the same host. */
export interface KeptSection extends SectionTask, Intents {}

/** Where workers of one host keep that. */
export interface SectionIntents {
  /**
   * Begins to keep those of a section. What was kept of the log's section before is gone: only one runs at a time.
   *
   * @throws Error of the file system.
   */
  begin(log: string, task: SectionTask): Promise<OpenIntents>;
  /**
   * What was kept of a section by a process that has ended in it. Undefined where nothing was, or where that process may still
   * act.
   */
  leftBehind(log: string): Promise<KeptSection | undefined>;
}

/** Those of a section that has not ended. */
export interface OpenIntents {
  /**
   * Keeps what follows from what is now done: it is there for whoever looks when this returns, should the process be killed.
   *
   * @throws Error of the file system; then nothing may be done. Where what was kept could be taken away, it throws nothing, and
   *   nothing is kept any more.
   */
  keep(intents: Intents): void;
  /** The section has ended, and nothing of it is under way: there is nothing more that a successor could say. */
  end(): void;
  /** It has ended, but a change of it may still land. Nothing more is kept, and what was stays. */
  leave(): void;
}
