import { defineQuery, log as workerLog, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { detailsOf } from './details';
import { PROGRESS, type Progress } from './messages';
import type { Check } from './model/checks';
import type { Held } from './model/held';
import type { TreeId } from './model/log';
import { inOrder, type RotationResult } from './model/result';
import type { RecordedStep, StepRecord } from './model/steps';
import { rotation } from './rotation';
import type { SagaJournal } from './saga';

const progressQuery = defineQuery<Progress>(PROGRESS);

/** What Cancel does: take back, take back unless a client's entry is in the next tree by then, or nothing. */
type CancelDoes = Progress['cancelDoes'];

const cancelWould: Readonly<Record<CancelDoes, string>> = {
  rollBack:
    'Cancel takes everything back: the log then serves as before. A next tree that was made is left FROZEN.',
  rollBackUnlessUsed:
    'Cancel takes everything back, unless the next tree holds an entry of a client by then: the rotation would then go on.',
  nothing: 'Cancel does nothing any more: what runs now is carried to its end.',
};

const nothingLeft = 'Nothing is left to cancel.';

/** The rotation hears nothing of its critical section before that has ended; it may be anywhere in it. */
const mayBePublic: ReadonlySet<Phase> = new Set(['critical section', 'verify', 'expose']);
const onlyForward: ReadonlySet<Phase> = new Set([
  'forward',
  'supersede',
  ...rotation.afterExposure.map(({ name }) => name),
]);

/** What a rotation does, as it is shown: a step of the list, or what stands around them. */
type Phase = RecordedStep | 'preflight' | 'rotation' | 'critical section' | 'supersede';

/**
 * What a person is told of a running rotation: the query `progress`, the current details in the Temporal UI, and the
 * worker's log. Each worker makes its metrics from the query (workers/gauges.ts).
 */
export class Journal implements SagaJournal {
  #progress: Progress;
  #cancellable: boolean;
  readonly #leftTrees = new Set<TreeId>();
  #checks: readonly Check[] | undefined;

  /** @param cancellable false for what no Cancel takes back: a recovery. */
  constructor(log: string, rotationId: string | null, cancellable = true) {
    this.#cancellable = cancellable;
    const cancelDoes = cancellable ? 'rollBack' : 'nothing';
    this.#progress = {
      log,
      rotationId,
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

  /** A journal that the workflow answers the query `progress` from. */
  static answering(description: string, ...about: ConstructorParameters<typeof Journal>): Journal {
    const journal = new Journal(...about);
    setHandler(progressQuery, () => journal.progress, { description });
    return journal;
  }

  get progress(): Progress {
    return this.#progress;
  }

  begins(name: Phase, undoing: boolean): void {
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

  /** Everything that was looked at beforehand; the result says it, however the rotation ends. */
  checked(checks: readonly Check[]): void {
    this.#checks = checks;
  }

  notes(note: string | null): void {
    this.#show({ note });
  }

  /** A next tree was taken back: it stays in Trillian, FROZEN. */
  leaves(tree: TreeId): void {
    this.#leftTrees.add(tree);
  }

  /** What has been done and what it has left so far, as every result says it, however the rotation ends. */
  get soFar(): Pick<RotationResult, 'steps' | 'leftTrees'> {
    const { steps } = this.#progress;
    return this.#leftTrees.size > 0 ? { steps, leftTrees: [...this.#leftTrees] } : { steps };
  }

  /** A recovery has found out which rotation it ends, and how. */
  recovers(rotationId: string, note: string): void {
    this.#show({ rotationId, note });
  }

  /** The rest is done by another workflow, which passes its result on; a Cancel of this one reaches it. */
  handsOverTo(workflowId: string): void {
    const before = this.#progress.note === null ? '' : `${this.#progress.note} `;
    this.#show({
      cancelWould: `Cancel is passed on to the workflow ${workflowId}, whose details say what it would do there.`,
      note: `${before}It is carried out by the workflow ${workflowId}, which shows its steps.`,
    });
  }

  /** A critical section has ended; how, in plain words. It has no result of a rotation. */
  endsSection(how: string): void {
    this.#show({ phase: `ended: ${how}`, cancelDoes: 'nothing', cancelWould: nothingLeft, note: null });
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

  /** @returns the result as it is to be shown: what matters first. */
  concludes(ended: RotationResult): RotationResult {
    const result = inOrder({ ...(this.#checks && { checks: this.#checks }), ...ended });
    this.#show({ phase: 'ended', cancelDoes: 'nothing', cancelWould: nothingLeft, held: null, result });
    return result;
  }

  #show(change: Partial<Progress>): void {
    const before = this.#progress;
    this.#progress = { ...before, ...change };
    setCurrentDetails(detailsOf(this.#progress));
    this.#tellOperators(before);
  }

  #tellOperators(before: Progress): void {
    const { log, rotationId: rotation, phase, cancelDoes, cancelWould: would, held } = this.#progress;
    if (phase !== before.phase) {
      workerLog.info(`${phase}: ${would}`, { log, rotation, phase, cancelDoes });
    }
    if (held !== null && held !== before.held) {
      workerLog.error(`ALARM: ${held.step} is held: ${held.reason.message}`, { log, rotation, held });
    }
  }
}

function cancelIn(step: Phase): CancelDoes {
  if (onlyForward.has(step)) {
    return 'nothing';
  }
  return mayBePublic.has(step) ? 'rollBackUnlessUsed' : 'rollBack';
}
