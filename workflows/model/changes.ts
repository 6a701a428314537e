import type { ReleaseOrder } from './installation';
import type { TreeId } from './log';
import type { PreflightFacts } from './plan';
import type {
  AttemptIdentity,
  FrozenTree,
  Handover,
  NextTreeContent,
  RotationRequest,
  VerificationReport,
  WriteStall,
} from './rotation';

/** Everything that an attempt is about; each step gets it whole, so that no step asks another's memory. */
export interface AttemptOrder {
  readonly identity: AttemptIdentity;
  readonly release: ReleaseOrder;
}

/** An order inside the critical section: what is not done by its end is not done at all (H8). */
export interface CriticalOrder extends AttemptOrder {
  /** Milliseconds left for this step when it was ordered. */
  readonly budgetMs: number;
}

export interface OpenOrder extends CriticalOrder {
  readonly frozen: FrozenTree;
  /**
   * Past the point of no return: there is no way back, so the step is repeated until it succeeds and `budgetMs`
   * bounds one try only.
   */
  readonly forward?: boolean;
}

/** An order after the exposure. */
export interface SettledOrder extends AttemptOrder {
  readonly frozen: FrozenTree;
  readonly handover: Handover;
}

/**
 * Everything that a rotation may do to the world. `real-run.ts` does it, `dry-run.ts` says it; the saga cannot
 * tell which. Every method states an end, so doing it twice, or undoing what never happened, does no harm.
 */
export interface Changes {
  /** Creates, initialises, marks and closes (DRAINING) this attempt's next tree, or adopts the one with its mark. */
  createNextTree(identity: AttemptIdentity): Promise<TreeId>;
  /** Undo: leaves every tree with this attempt's mark FROZEN. Never deletes. */
  retireNextTree(identity: AttemptIdentity): Promise<void>;

  /** Writes the next release's configuration and rehearses its start; it serves nobody. */
  stage(order: AttemptOrder): Promise<void>;
  /** Undo: stops the next release and puts its files back as they were. */
  discard(order: AttemptOrder): Promise<void>;

  /** New writes wait in the gate; returns once no call of a write to the current release is in flight. */
  hold(order: CriticalOrder): Promise<void>;
  /** Undo: held and new writes go to the current release. */
  releaseToCurrent(order: AttemptOrder): Promise<void>;

  /** DRAINING, drain proven, FROZEN, end read: from here on the current tree cannot grow. */
  freeze(order: CriticalOrder): Promise<FrozenTree>;
  /** Undo: the current tree is ACTIVE. Refuses while the next tree is (rule 3). */
  allowWritesToCurrent(order: AttemptOrder): Promise<void>;

  /** The next release's processes run. */
  start(order: CriticalOrder): Promise<void>;
  /** Undo: they do not. */
  stop(order: AttemptOrder): Promise<void>;

  /** Every next instance is proven, restarted if it loaded another length; then the next tree takes its handover leaf. */
  verifyAndOpen(order: OpenOrder): Promise<Handover>;
  /** Undo: the next tree is closed again, proven drained and FROZEN; says what it holds. */
  closeNextTree(order: AttemptOrder): Promise<NextTreeContent>;

  /** The gate sends reads and writes to the next release, held writes first. */
  expose(order: OpenOrder): Promise<void>;

  /** The public address is verified by independent code; exactly the next tree is ACTIVE. */
  confirm(order: SettledOrder): Promise<VerificationReport>;

  /** The standing configuration is the next release's, also after a reboot; the current processes stop. */
  settle(order: SettledOrder): Promise<void>;

  /** Watches lengths, tree states and errors for the soak time; returns how writes fared in the gate. */
  soak(order: SettledOrder): Promise<WriteStall>;
}

/** Everything that a rotation may ask; the same for a dry run and a real one. */
export interface Observations {
  /** All that the plan is made of; refuses (non-retryable failure) what cannot be read at all. */
  preflight(request: RotationRequest): Promise<PreflightFacts>;
  /** Who holds the lock `log/<name>`: the running rotation's id and the workflow that started it. */
  lockHolder(log: string): Promise<{ readonly rotation: string; readonly startedBy: string } | null>;
}
