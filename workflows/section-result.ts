import type { OpenedAndExposed } from './model/actions';
import type { Refusal } from './model/refusals';
import type { StepRecord } from './model/steps';

/** How a critical section ended: the next tree serves, everything in it was undone, or neither can be had here. */
export type CriticalSectionResult = Exposed | Undone | Stuck | Unfinished;

/** A section has ended, or only a later rotation can end it. */
export type EndedSection = Exclude<CriticalSectionResult, Unfinished>;

export interface Exposed extends Pick<OpenedAndExposed, 'frozen' | 'handover'> {
  readonly end: 'exposed';
  readonly steps: readonly StepRecord[];
}

export interface Undone {
  readonly end: 'undone';
  readonly reason: Refusal;
  /** The next tree may hold this attempt's handover leaf, so no other attempt may use it (H3). */
  readonly nextTreeUsed: boolean;
  /** Something of it had begun: what was undone is worth a last look (H8). */
  readonly began: boolean;
  /** Its freeze may have begun: a current tree that is closed all the same was closed by it. */
  readonly froze: boolean;
  /** For how long clients may have seen the next tree, at most; 0 when it was not exposed. Milliseconds (H36). */
  readonly nextTreeVisibleMs: number;
  readonly steps: readonly StepRecord[];
}

/** The next tree holds entries of clients and cannot serve them; it is closed, and so is the current tree. */
export interface Stuck {
  readonly end: 'stuck';
  readonly reason: Refusal;
  /** What is right: a third tree, or a person. */
  readonly decision: 'supersede' | 'hold';
  readonly steps: readonly StepRecord[];
}

/** An undo does not succeed; the rotation ends the section. */
export interface Unfinished {
  readonly end: 'unfinished';
  readonly reason: Refusal;
  /** The next tree serves, and what fails is to find that in order: nothing is taken back any more. */
  readonly serves?: true;
  readonly steps: readonly StepRecord[];
}
