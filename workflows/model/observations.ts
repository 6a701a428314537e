import type { Patience } from './patience';
import type { PreflightFacts, Preparation } from './plan';
import type { ByHand, HeldStep } from './by-hand';
import type { GuardFacts } from './guarding';
import type { RecoveryFacts } from './recovery';
import type { RetiredTree } from './retired';
import type { RotationRequest } from './request';
import type { AttemptInput } from './actions';

/** Everything that a rotation may ask; the same for a dry run and a real one. */
export interface Observations {
  /** All that the plan is made of; refuses (non-retryable failure) what cannot be read at all. */
  preflight(request: RotationRequest): Promise<PreflightFacts>;
  /** Who holds the lock `log-<name>`: the running rotation's id and the workflow that started it. */
  lockHolder(log: string): Promise<{ readonly rotation: string; readonly startedBy: string } | null>;
  /** Whether a critical section of the log is open, whoever started it. */
  criticalSectionRuns(log: string): Promise<boolean>;
  /** What an interrupted rotation left behind, and all that is needed to finish it or take it back. */
  leftovers(request: { readonly log: string }): Promise<RecoveryFacts>;
  /** Everything the guardian looks at: who holds the lock, leftovers, and what is served. */
  guard(request: { readonly log: string }): Promise<GuardFacts>;
  /** Trees that rotations retired and that nothing names. */
  retiredTrees(request: { readonly log: string }): Promise<readonly RetiredTree[]>;
  /** What is there now and what would finish a held step by hand. Never fails: what cannot be read is said. */
  byHand(held: HeldStep): Promise<ByHand>;
  /** What a superseding attempt starts from: the next tree that took entries becomes the current one. */
  superseding(input: AttemptInput, patience?: Patience): Promise<Omit<Preparation, 'timing'>>;
}
