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

/** One ended step's name, with what was done about it, for example `undo stage`. */
export function stepName({ name, kind }: Pick<StepRecord, 'name' | 'kind'>): string {
  return `${kinds[kind]}${name}`;
}
