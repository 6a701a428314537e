import { counted } from './counted';
import type { WriteStall } from './evidence';
import { refusedText } from './refused-writes';

/** The names of a rotation's steps. What each does, by which action and with which undo, stands in workflows/rotation.ts. */

/** A step whose undo is an action of its own. */
export type UndoableStep = 'createTree' | 'stage' | 'hold' | 'start' | 'freeze' | 'verify';

/** A step behind the point of no return. */
export type ForwardStep = 'confirm' | 'settle' | 'soak';

export type StepName = UndoableStep | 'expose' | ForwardStep;

/**
 * Going forward with a next tree that holds an entry of a client repeats `verify` and `expose` under a name of its own. A
 * rehearsal has one step instead of the critical section.
 */
export type RecordedStep = StepName | 'forward' | 'rehearse';

/** What must succeed in the end: a person is asked about it when it does not. */
export type StubbornStep = `undo ${UndoableStep}` | ForwardStep | 'forward' | 'look back' | 'supersede';

/** What an activity keeps of itself, as a rotation's steps are kept. */
export type KeptStep = StepName | 'prune' | 'rehearse';

/** How long the steps took that one activity did, by name, in milliseconds; of a failed one, those that it did. */
export type StepTimes = Readonly<Partial<Record<KeptStep, number>>>;

/** What a failed activity of several steps says of them, beside its reason. */
export interface StepsOfFailure {
  readonly times: StepTimes;
  /** The steps that it had begun to act in. */
  readonly began: readonly KeptStep[];
  /** The run of the workflow that asked for it; said where the workflow was reset. */
  readonly run?: string;
  /** A command of the host that it had begun may still run: it outlives a worker that has ended. */
  readonly commandRuns?: true;
}

export interface StepRecord {
  readonly name: RecordedStep;
  /** Of all its tries together, with the pauses between them, in milliseconds. */
  readonly ms: number;
  /** `done`; `undone` for a compensation that was run, `skipped` for one that a person left out; `said` in a dry run. */
  readonly kind: 'done' | 'undone' | 'skipped' | 'said';
  readonly attempt: number;
  /** In a dry run, what would be done. */
  readonly says?: readonly string[];
  /** How writes fared in the gate during a hold that was undone; absent where no gate told it. */
  readonly writes?: WriteStall;
}

/** What stands before the name of an ended step; the Temporal UI and the command line say the same. */
const kinds = { done: '', said: '', undone: 'undo ', skipped: 'left out: ' } as const;

/**
 * What is to be said of one of these ended steps beside its name; empty for most. An undo may follow a step that was cancelled,
 * failed or lost, so no end of it stands before.
 */
export function stepRemark(step: StepRecord, steps: readonly StepRecord[]): string {
  const { name, kind, attempt, writes } = step;
  const before = steps.slice(0, steps.indexOf(step));
  const ended = before.some(
    (other) => other.name === name && other.kind === 'done' && other.attempt === attempt,
  );
  return [
    ...(kind === 'undone' && !ended ? [`${name} was not seen to end`] : []),
    ...(writes ? [heldText(writes)] : []),
  ].join('; ');
}

function heldText(writes: WriteStall): string {
  const { held, longestWaitMs } = writes;
  const waited = held === 0 ? '' : `, ${longestWaitMs} ms at most`;
  return `${counted(held, 'write')} waited${waited}, ${refusedText(writes)}`;
}

/** One ended step's name, with what was done about it, for example `undo stage`. */
export function stepName({ name, kind }: Pick<StepRecord, 'name' | 'kind'>): string {
  return `${kinds[kind]}${name}`;
}
