import { defineQuery, log as workerLog, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { detailsOf } from './details';
import { PROGRESS, type Progress } from './messages';
import type { Check } from './model/checks';
import type { Approval } from './model/approval';
import type { Held } from './model/held';
import { exampleOf, type InstructionName, type Intervention } from './model/instruction';
import type { TreeId } from './model/log';
import { watchedText, type WritesWatched } from './model/lull';
import { fitted } from './model/fitting';
import type { Plan } from './model/plan';
import type { EditedSetting } from './model/plan-settings';
import { inOrder, type RotationResult } from './model/result';
import type { RecordedStep, StepRecord } from './model/steps';
import type { Waiting } from './model/waiting';
import { writesOver } from './model/writes-over';
import { inSeconds } from './model/times';
import type { ShownAttributes } from './shown-attributes';
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

const nothingYet = 'Cancel ends the rotation: nothing has been changed yet.';

/** Nobody hears how far a critical section has come before it has ended; it may be anywhere in it. */
const mayBePublic: ReadonlySet<Phase> = new Set(['critical section']);
const onlyForward: ReadonlySet<Phase> = new Set([
  'forward',
  'supersede',
  ...rotation.afterExposure.map(({ name }) => name),
]);

/** What a rotation does, as it is shown: a step of the list, or what stands around them. */
type Phase =
  RecordedStep | 'preflight' | 'approvals' | 'waiting' | 'rotation' | 'critical section' | 'supersede';

const beforeAnyChange: ReadonlySet<Phase> = new Set(['preflight', 'approvals', 'waiting']);

/** Updates that a part of a workflow takes now, with the fields of each that are its own, for example. */
export type Takes = () => readonly {
  readonly update: InstructionName;
  readonly fields?: Readonly<Record<string, string>>;
  /** The whole input, where it is not made like the others. */
  readonly input?: string;
}[];

/**
 * What a person is told of a running rotation: the query `progress`, the current details in the Temporal UI, and the
 * worker's log. Each worker makes its metrics from the query (workers/gauges.ts).
 */
export class Journal implements SagaJournal {
  #progress: Progress;
  #cancellable: boolean;
  readonly #leftTrees = new Set<TreeId>();
  readonly #interventions: Intervention[] = [];
  #approvals: readonly Approval[] = [];
  #edited: readonly EditedSetting[] = [];
  #checks: readonly Check[] | undefined;
  #watched: WritesWatched | undefined;
  #attributes: ShownAttributes | undefined;
  readonly #takes: Takes[] = [];

  /** @param cancellable false for what no Cancel takes back: a recovery. */
  constructor(log: string, rotationId: string | null, cancellable = true) {
    this.#cancellable = cancellable;
    const cancelDoes = cancellable ? 'rollBack' : 'nothing';
    this.#progress = {
      log,
      rotationId,
      planHash: null,
      phase: 'preflight',
      since: inSeconds(Date.now()),
      until: null,
      attempt: 1,
      steps: [],
      cancelDoes,
      cancelWould: cancellable ? nothingYet : cancelWould.nothing,
      note: null,
      takes: [],
      carriedOutBy: null,
      waiting: null,
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

  /** @param lastsMs how long it lasts at most, where that is known; milliseconds. */
  begins(name: Phase, undoing: boolean, lastsMs?: number): void {
    const cancelDoes = this.#cancellable ? (undoing ? 'rollBack' : cancelIn(name)) : 'nothing';
    const phase = undoing ? `undo ${name}` : name;
    const goesOn = phase === this.#progress.phase;
    this.#show({
      phase,
      since: goesOn ? this.#progress.since : inSeconds(Date.now()),
      until: lastsMs === undefined ? null : inSeconds(Date.now() + lastsMs),
      cancelDoes,
      cancelWould: this.#cancellable && beforeAnyChange.has(name) ? nothingYet : cancelWould[cancelDoes],
    });
  }

  /** A part of the workflow says which Updates it takes; asked whenever something is shown. */
  answers(takes: Takes): void {
    this.#takes.push(takes);
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

  /** What was seen of the writes last, before it began; the result says it, however the rotation ends. */
  watched(seen: WritesWatched): void {
    this.#watched = seen;
    this.notes(watchedText(seen));
  }

  /** Instructions are given for this plan from now on. */
  plans(planHash: string): void {
    this.#show({ planHash });
  }

  notes(note: string | null): void {
    this.#show({ note });
  }

  /** What is done next to nothing: a person, a time or a lull is waited for, or no longer. */
  waitsFor(waiting: Waiting | null): void {
    if (waiting !== null || this.#progress.waiting !== null) {
      this.#show({ waiting });
    }
  }

  /** A person has said something, and it is followed; every result says so, however the rotation ends. */
  intervened(intervention: Intervention): void {
    this.#interventions.push(intervention);
  }

  /** Who has approved what runs. */
  approvedBy(approvals: readonly Approval[]): void {
    this.#approvals = approvals;
  }

  /** What was edited in the plan file that it follows; every result says so, however the rotation ends. */
  follows({ edited = [] }: Pick<Plan, 'edited'>): void {
    this.#edited = edited;
  }

  /** From now on what a list of workflows shows is kept in these search attributes. */
  keepsIn(attributes: ShownAttributes): void {
    this.#attributes = attributes;
    this.#attributes.show(this.#progress);
  }

  /** A next tree was taken back: it stays in Trillian, FROZEN. */
  leaves(tree: TreeId): void {
    this.#leftTrees.add(tree);
  }

  /** What has been done, by whom, and what it has left so far, as every result says it, however the rotation ends. */
  get soFar(): Pick<
    RotationResult,
    'steps' | 'writes' | 'leftTrees' | 'interventions' | 'approvals' | 'edited'
  > {
    const { steps } = this.#progress;
    const writes = writesOver(steps);
    return {
      steps,
      ...(writes && { writes }),
      interventions: [...this.#interventions],
      ...(this.#leftTrees.size > 0 && { leftTrees: [...this.#leftTrees] }),
      ...(this.#approvals.length > 0 && { approvals: this.#approvals }),
      ...(this.#edited.length > 0 && { edited: this.#edited }),
    };
  }

  /** A recovery has found out which rotation it ends, and how. */
  recovers(rotationId: string, note: string): void {
    this.#show({ rotationId, note });
  }

  /** The rest is done by another workflow, which passes its result on; a Cancel of this one reaches it. */
  handsOverTo(workflowId: string): void {
    this.#show({
      carriedOutBy: workflowId,
      cancelWould: `Cancel is passed on to the workflow ${workflowId}, whose details say what it would do there.`,
    });
  }

  /** A critical section has ended; how, in plain words. It has no result of a rotation. */
  endsSection(how: string): void {
    this.#show({
      phase: `ended: ${how}`,
      since: inSeconds(Date.now()),
      until: null,
      cancelDoes: 'nothing',
      cancelWould: nothingLeft,
      note: null,
    });
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
    const looked = {
      ...(this.#watched && { watched: this.#watched }),
      ...(this.#checks && { checks: this.#checks }),
    };
    const result = fitted(inOrder({ ...looked, ...ended }));
    this.#show({
      phase: 'ended',
      since: inSeconds(Date.now()),
      until: null,
      cancelDoes: 'nothing',
      cancelWould: nothingLeft,
      waiting: null,
      held: null,
      result,
    });
    return result;
  }

  #show(change: Partial<Progress>): void {
    const before = this.#progress;
    this.#progress = { ...before, ...change };
    this.#progress = { ...this.#progress, takes: this.#taken() };
    setCurrentDetails(detailsOf(this.#progress));
    this.#attributes?.show(this.#progress);
    this.#tellOperators(before);
  }

  #taken(): Progress['takes'] {
    const { planHash, result } = this.#progress;
    return result !== null
      ? []
      : this.#takes
          .flatMap((takes) => takes())
          .map(({ update, fields = {}, input = exampleOf(fields, planHash) }) => ({ update, input }));
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
