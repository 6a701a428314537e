import type { IfNextFails } from './decision';
import type { SectionWorkers } from './section-workers';
import type { PlannedChanges, Replacement, ShardsOfKey } from './installation';
import type { TreeId } from './log';
import type { SourceOfTruth } from './ownership';
import type { Patience } from './patience';
import type { DeleteTreeInput } from './retired';
import type { AttemptIdentity } from './fencing';
import type { ClosedNextTree, FrozenTree, Handover } from './next-tree';
import type { StepTimes } from './steps';
import type { Confirmation, WriteStall } from './evidence';

/** Everything that an attempt is about; each step gets it whole, so that no step asks another's memory. */
export interface AttemptInput {
  readonly identity: AttemptIdentity;
  readonly release: Replacement;
}

/** What creating a tree is told besides; not the whole input of its step. */
export interface CreateInput extends AttemptInput, OfRun {
  /** The next tree's name in Trillian; the usual one without it. */
  readonly displayName?: string;
}

/** What staging is told besides: exactly what it writes. */
export type StageInput = AttemptInput & PlannedChanges & OfRun;

/** Of a rotation that was to begin by some time. */
export interface HeldBy {
  /** No write is held after it, though the rotation has begun; ISO 8601. */
  readonly holdBy?: string;
}

/** A whole critical section. */
export interface CriticalSectionInput extends AttemptInput, HeldBy {
  /** Absent where there is only one worker. */
  readonly workers?: SectionWorkers;
  /** From the hold to the exposure, in milliseconds. */
  readonly criticalSectionMs: number;
  readonly ifNextFails: IfNextFails;
}

/** What tells an activity that the workflow which asks was reset: it runs in another run then (H7). */
export interface OfRun {
  /** The run in which the workflow was begun. */
  readonly begunIn?: string;
  /** The run in which it has waited until nothing of the run before it can act. */
  readonly outlivedIn?: string;
}

/** What does the critical section: what is not done by the end of its time is not done at all (H8). */
export interface CriticalInput extends AttemptInput, HeldBy, OfRun {
  /** The task queue of the worker that is to do it; any worker without. */
  readonly worker?: string;
  /** Milliseconds left for it when it was asked for. */
  readonly budgetMs: number;
}

/** What the worker is told that stands by. */
export interface StandByInput extends AttemptInput {
  /** After so many milliseconds no call of the section can land any more. */
  readonly waitMs: number;
}

export interface StoodBy {
  /** Writes go to the current release again. */
  readonly tookBack: boolean;
}

export interface ForwardInput extends AttemptInput, OfRun {
  /** Whoever closed the next tree before is gone, and a call of it may still land (H8). */
  readonly mayBeClosing?: boolean;
}

export interface OpenedAndExposed {
  readonly frozen: FrozenTree;
  /** Null when the next tree begins with an entry of a client, which only going forward allows. */
  readonly handover: Handover | null;
  readonly times: StepTimes;
}

/** A step after the exposure. */
export interface ExposedInput extends AttemptInput, Pick<OpenedAndExposed, 'frozen' | 'handover'> {}

export interface SoakInput extends ExposedInput {
  /** How long this look lasts; a long soak is several, so that none is lost whole with its worker. Milliseconds. */
  readonly forMs: number;
}

export interface LookBackInput extends AttemptInput {
  /** The freeze of one of its attempts had begun; else a closed current tree is someone else's doing. */
  readonly froze: boolean;
}

export interface CloseInput extends AttemptInput {
  /** Close it also when the gate sends clients there, unless every instance serves them rightly: going forward has failed. */
  readonly evenIfExposed?: boolean;
}

/**
 * Everything that a rotation may do to the world. `real-run.ts` does it, `dry-run.ts` says it; the saga cannot
 * tell which. Every method states an end, so doing it twice, or undoing what never happened, does no harm. What must
 * succeed in the end takes how often it is tried before it fails; once, unless it is said.
 */
export interface Actions {
  /**
   * Creates, initialises, marks and closes (DRAINING) this attempt's next tree, or adopts the one with its mark. Refuses
   * EARLIER_RUN_MAY_ACT in a workflow that was reset and has not waited for what its earlier run had begun.
   */
  createNextTree(input: CreateInput): Promise<TreeId>;
  /** Undo: leaves every tree with this attempt's mark FROZEN. Never deletes. */
  retireNextTree(input: Pick<AttemptInput, 'identity'>, patience?: Patience): Promise<void>;

  /**
   * Writes the next release's configuration, as it was planned, and rehearses its start; it serves nobody. Refuses the same.
   * Says with which key it signs each shard; nothing where that is not known.
   */
  stage(input: StageInput): Promise<readonly ShardsOfKey[] | null>;
  /** Undo: stops the next release and puts back what it replaced. */
  discard(input: AttemptInput, patience?: Patience): Promise<void>;

  /**
   * The whole critical section, in one activity because clients wait from its first step to its last:
   * - `hold`: new writes wait in the gate.
   * - `freeze`: the current tree is DRAINING, proven drained, FROZEN, and its end read: from here on it cannot grow.
   * - `start`, beside it: the next release's processes start.
   * - `verify`: every next instance is proven, restarted if it loaded another length; the next tree is opened and takes its
   *   handover leaf.
   * - `expose`: the gate sends reads and writes to the next release, held writes first.
   *
   * Refuses ATTEMPT_REPEATED in a workflow that was reset.
   */
  holdToExpose(input: CriticalInput): Promise<OpenedAndExposed>;
  /** Undo of `freeze`: the current tree is ACTIVE. Refuses while the next tree is (rule 3). */
  allowWritesToCurrent(input: AttemptInput, patience?: Patience): Promise<void>;
  /**
   * Undo of `hold` and of `expose`: reads, held and new writes go to the current release. Says how writes fared in the gate
   * during the attempt's hold; null where nothing counts that.
   */
  sendToCurrent(input: AttemptInput, patience?: Patience): Promise<WriteStall | null>;
  /** Undo of `start`: no process of the next release runs. */
  stop(input: AttemptInput, patience?: Patience): Promise<void>;

  /**
   * Waits on another worker until it is called off. Where it is not, that which does the section is lost: writes go to the
   * current release again, unless clients were sent to the next one or have written there.
   */
  standBy(input: StandByInput & { readonly worker: string }): Promise<StoodBy>;
  /**
   * The steps `verify` and `expose` where the next tree holds an entry of a client, so that there is no way back. Nobody told
   * the end of the current tree, which is proven again, and nobody knows whether the next release still runs, which is started
   * if need be. It waits first for a closing of the next tree that may still land, also in a workflow that was reset.
   */
  goForward(input: ForwardInput, patience?: Patience): Promise<OpenedAndExposed>;
  /**
   * Undo of `verify`: the next tree is closed again, proven drained and FROZEN; says what it holds. One that the gate
   * sends clients to is left open unless the input says otherwise.
   */
  closeNextTree(input: CloseInput, patience?: Patience): Promise<ClosedNextTree>;
  /**
   * The last look at a rotation that was taken back: a call of a dead worker may have landed after its undo (H8). What is
   * not as before is taken back once more; says what that was, in plain words, and nothing in the good case. Refuses
   * NOT_AS_BEFORE when it does not stay so.
   */
  lookBack(input: LookBackInput, patience?: Patience): Promise<readonly string[]>;

  /** The public address is verified by independent code; exactly the next tree is ACTIVE. */
  confirm(input: ExposedInput, patience?: Patience): Promise<Confirmation>;

  /**
   * The standing configuration is the next release's, also after a reboot; the current processes stop. Says whether what the
   * configuration is applied from has it, too; null where nothing can tell.
   */
  settle(input: ExposedInput, patience?: Patience): Promise<SourceOfTruth | null>;

  /** Watches lengths, tree states and errors for a while; returns how writes fared in the gate, null when it cannot say. */
  soak(input: SoakInput, patience?: Patience): Promise<WriteStall | null>;
}

/** What a person may have done to trees that rotations left behind; no rotation calls it. */
export interface Pruning {
  /** Deletes one retired tree, after proving once more that nothing names it and that it holds no entry of a client. */
  deleteRetiredTree(input: DeleteTreeInput): Promise<void>;
}
