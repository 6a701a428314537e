import type { StepRecord } from './rotation';

/** The steps of a rotation that change or watch something, in their order (docs/architecture.md, "The steps"). */
export const steps = [
  'createTree',
  'stage',
  'hold',
  'start',
  'freeze',
  'verify',
  'expose',
  'confirm',
  'settle',
  'soak',
] as const;
export type Step = (typeof steps)[number];

/** What stands before the name of an ended step; the Temporal UI and the command line say the same. */
const kinds = { done: '', said: '', undone: 'undo ', skipped: 'left out: ' } as const;

/**
 * What is to be said of one of these ended steps beside its name; empty for most. An undo may follow a step that was cancelled,
 * failed or lost, so no end of it stands before.
 */
export function stepRemark(step: StepRecord, steps: readonly StepRecord[]): string {
  const { name, kind, attempt } = step;
  const before = steps.slice(0, steps.indexOf(step));
  const ended = before.some(
    (other) => other.name === name && other.kind === 'done' && other.attempt === attempt,
  );
  return kind === 'undone' && !ended ? `${name} was not seen to end` : '';
}

/** One ended step's name, with what was done about it, for example `undo stage`. */
export function stepName({ name, kind }: Pick<StepRecord, 'name' | 'kind'>): string {
  return `${kinds[kind]}${name}`;
}
