import type { DemonstratedLab, DemonstrationOptions } from './demonstration';
import type { LogByHand } from './runbook';

/** Where a demonstration takes place. */
export interface Stage extends Pick<DemonstrationOptions, 'before'> {
  readonly lab: DemonstratedLab;
  /** Where the scripted runbook can be run on the same log afterwards. */
  readonly byHand?: LogByHand;
  /** Lets it run on; says how it is reached, in lines for people. */
  leave(): Promise<string>;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Everything of it is below this folder. */
  readonly directory: string;
  /** It is to run on afterwards. */
  readonly keep: boolean;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}
