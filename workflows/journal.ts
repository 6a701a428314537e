import { setCurrentDetails } from '@temporalio/workflow';
import type { Progress } from './messages';
import type { RotationResult, StepRecord } from './model/rotation';
import type { SagaJournal } from './saga';

/** What Cancel does in each step. */
const takesBack = 'Cancel takes everything back; the log is then as it was before.';
const takesBackUnlessUsed =
  'Cancel takes everything back, unless the next tree holds an entry of a client by then; the rotation would go on.';
const goesOn = 'Cancel does nothing any more: the next tree serves, and the rotation finishes.';
const ended = 'Nothing is left to cancel.';

const opening = new Set(['verify', 'expose']);
const forwardOnly = new Set(['confirm', 'settle', 'soak']);

/** What a person is shown of a running rotation: the query `progress` and the current details in the Temporal UI. */
export class Journal implements SagaJournal {
  #progress: Progress;

  constructor(log: string, rotation: string | null) {
    this.#progress = {
      log,
      rotation,
      phase: 'preflight',
      attempt: 1,
      steps: [],
      cancelWould: takesBack,
      note: null,
      result: null,
    };
  }

  get progress(): Progress {
    return this.#progress;
  }

  begins(name: string, undoing: boolean): void {
    this.#show({
      phase: undoing ? `undo ${name}` : name,
      cancelWould: undoing ? takesBack : cancelIn(name),
    });
  }

  ended(record: StepRecord): void {
    this.#show({ steps: [...this.#progress.steps, record], attempt: record.attempt });
  }

  /** Takes over the steps of a critical section, which ran elsewhere. */
  adopts(steps: readonly StepRecord[]): void {
    this.#show({ steps: [...this.#progress.steps, ...steps] });
  }

  notes(note: string | null): void {
    this.#show({ note });
  }

  concludes(result: RotationResult): RotationResult {
    this.#show({ phase: 'ended', cancelWould: ended, result });
    return result;
  }

  #show(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
    setCurrentDetails(detailsOf(this.#progress));
  }
}

function cancelIn(step: string): string {
  if (forwardOnly.has(step)) {
    return goesOn;
  }
  return opening.has(step) ? takesBackUnlessUsed : takesBack;
}

function detailsOf(progress: Progress): string {
  const lines = [
    `**${progress.rotation ?? 'Rotation'} of ${progress.log}** - ${progress.phase}`,
    '',
    ...progress.steps.map(
      (step) => `- ${step.kind === 'undone' ? 'undone: ' : ''}${step.name}: ${step.ms} ms`,
    ),
    '',
    progress.cancelWould,
  ];
  return [...lines, ...(progress.note === null ? [] : ['', progress.note])].join('\n');
}
