import type { Actions } from './actions';
import type { ForwardStep, StepName, UndoableStep } from './steps';

/** The shape of the list in workflows/rotation.ts. `action` names the method of `Actions` that does it. */
export interface RotationSteps {
  readonly preparation: readonly PreparingStep[];
  readonly criticalSection: Section;
  readonly afterExposure: readonly LastStep[];
}

interface Step {
  readonly name: StepName;
  /** For people: README's table is made of it. */
  readonly does: string;
}

export interface PreparingStep extends Step {
  readonly name: UndoableStep;
  readonly action: 'createNextTree' | 'stage';
  readonly undo: Undo<'retireNextTree' | 'discard'>;
}

/** Steps that one activity does. */
export interface Section {
  readonly action: 'holdToExpose';
  readonly steps: readonly SectionStep[];
}

export type SectionStep = Step &
  (
    | {
        readonly name: UndoableStep;
        readonly undo: Undo<'sendToCurrent' | 'stop' | 'allowWritesToCurrent' | 'closeNextTree'>;
      }
    | { readonly name: 'expose'; readonly undo: { readonly leaves: string } }
  );

export interface LastStep extends Step {
  readonly name: ForwardStep;
  readonly action: 'confirm' | 'settle' | 'soak';
  /** The field of the result that gets what it found. */
  readonly finds?: 'verification' | 'sourceOfTruth' | 'writes';
  /** The time of the plan's timing that it lasts. */
  readonly lasts?: 'soakMs';
  readonly undo: 'only forward';
}

interface Undo<Action extends keyof Actions> {
  readonly action: Action;
  /** The end that it states, for people. */
  readonly leaves: string;
  /** It runs after all the other undos. */
  readonly last?: true;
}
