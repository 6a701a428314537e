import { log as workerLog, setCurrentDetails } from '@temporalio/workflow';
import type { Progress } from './messages';
import type { Held } from './model/held';
import type { RotationResult, StepRecord } from './model/rotation';
import type { SagaJournal } from './saga';

/** What Cancel does: take back, take back unless a client's entry is in the next tree by then, or nothing. */
type CancelDoes = Progress['cancelDoes'];

const cancelWould: Readonly<Record<CancelDoes, string>> = {
  rollBack: 'Cancel takes everything back; the log is then as it was before.',
  rollBackUnlessUsed:
    'Cancel takes everything back, unless the next tree holds an entry of a client by then; the rotation would go on.',
  nothing: 'Cancel does nothing any more: what runs now is carried to its end.',
};

/** The rotation hears nothing of its critical section before that has ended; it may be anywhere in it. */
const opening = new Set(['cut-over', 'verify', 'expose']);
const forwardOnly = new Set(['forward', 'confirm', 'settle', 'soak', 'supersede']);

/**
 * What a person is told of a running rotation: the query `progress`, the current details in the Temporal UI, and the
 * worker's log. Each worker makes its metrics from the query (workers/gauges.ts).
 */
export class Journal implements SagaJournal {
  #progress: Progress;
  #cancellable: boolean;

  /** @param cancellable false for what no Cancel takes back: a recovery. */
  constructor(log: string, rotation: string | null, cancellable = true) {
    this.#cancellable = cancellable;
    const cancelDoes = cancellable ? 'rollBack' : 'nothing';
    this.#progress = {
      log,
      rotation,
      phase: 'preflight',
      attempt: 1,
      steps: [],
      cancelDoes,
      cancelWould: cancelWould[cancelDoes],
      note: null,
      held: null,
      result: null,
    };
  }

  get progress(): Progress {
    return this.#progress;
  }

  begins(name: string, undoing: boolean): void {
    const cancelDoes = this.#cancellable ? (undoing ? 'rollBack' : cancelIn(name)) : 'nothing';
    this.#show({ phase: undoing ? `undo ${name}` : name, cancelDoes, cancelWould: cancelWould[cancelDoes] });
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

  /** A recovery has found out which rotation it ends, and how. */
  recovers(rotation: string, note: string): void {
    this.#show({ rotation, note });
  }

  /** There is no way back: from now on no Cancel does anything, whatever step begins. */
  goesOnlyForward(): void {
    this.#cancellable = false;
  }

  /** A person is needed, or no longer. */
  holds(held: Held | null): void {
    if (held === null && this.#progress.held === null) {
      return;
    }
    this.#show({ held });
  }

  concludes(result: RotationResult): RotationResult {
    this.#show({
      phase: 'ended',
      cancelDoes: 'nothing',
      cancelWould: 'Nothing is left to cancel.',
      held: null,
      result,
    });
    return result;
  }

  #show(change: Partial<Progress>): void {
    const before = this.#progress;
    this.#progress = { ...before, ...change };
    setCurrentDetails(detailsOf(this.#progress));
    this.#tellOperators(before);
  }

  #tellOperators(before: Progress): void {
    const { log, rotation, phase, cancelDoes, held } = this.#progress;
    if (phase !== before.phase) {
      workerLog.info(`${phase}: ${this.#progress.cancelWould}`, { log, rotation, phase, cancelDoes });
    }
    if (held !== null && held !== before.held) {
      workerLog.error(`ALARM: ${held.step} is held: ${held.reason.message}`, { log, rotation, held });
    }
  }
}

function cancelIn(step: string): CancelDoes {
  if (forwardOnly.has(step)) {
    return 'nothing';
  }
  return opening.has(step) ? 'rollBackUnlessUsed' : 'rollBack';
}

function detailsOf(progress: Progress): string {
  const { held, note } = progress;
  const lines = [
    `**${progress.rotation ?? 'Rotation'} of ${progress.log}** - ${progress.phase}`,
    '',
    ...progress.steps.map(
      (step) =>
        `- ${step.kind === 'done' || step.kind === 'said' ? '' : `${step.kind}: `}${step.name}: ${step.ms} ms`,
    ),
    '',
    progress.cancelWould,
  ];
  return [
    ...lines,
    ...(note === null ? [] : ['', note]),
    ...(held === null ? [] : ['', ...heldLines(held)]),
  ].join('\n');
}

function heldLines(held: Held): string[] {
  return [
    `**Held: ${held.step}**, after ${held.tries} tries since ${held.since}; it is tried on.`,
    '',
    `${held.reason.message} ${held.reason.remedy}`,
    '',
    'What is there now:',
    // Without an empty line before it, the UI takes a list for a part of the paragraph.
    '',
    ...held.state.map((fact) => `- ${fact}`),
    '',
    ...(held.commands.length === 0
      ? []
      : ['By hand:', '', ...held.commands.map((command) => `- \`${command}\``), '']),
    `Send the Update \`resume\` with one of ${held.choices.join(', ')}, who you are, and why.`,
  ];
}
