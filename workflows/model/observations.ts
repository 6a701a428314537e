import type { Patience } from './patience';
import type { PreflightFacts, Preparation } from './plan';
import type { ApprovalsToVerify, VerifiedApprovals } from './approval-input';
import type { ByHand, HeldStep } from './by-hand';
import type { GuardFacts } from './guarding';
import type { WatchWritesInput, WritesWatched } from './lull';
import type { RecoveryFacts } from './recovery';
import type { RetiredTree } from './retired';
import type { RotationRequest } from './request';
import type { AttemptInput } from './actions';
import type { Refusal } from './refusals';
import type { ScheduleFacts } from './scheduled';
import type { SchedulePolicy } from './schedule-policy';

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
  /** Which of our search attributes the namespace has. Never fails: what cannot be read is not there. */
  searchAttributes(): Promise<readonly string[]>;
  /** Which of these approvals are by a key that may, of what is asked for, and not expired; and why the others are not. */
  verifyApprovals(given: ApprovalsToVerify): Promise<VerifiedApprovals>;
  /** Everything that is wrong with what a person gave as a policy; empty for one that can be followed. */
  policyProblems(input: unknown): Promise<readonly Refusal[]>;
  /** Whether a rotation is due and when it may begin: by the log's own state, and by the clock. */
  scheduleFacts(policy: SchedulePolicy): Promise<ScheduleFacts>;
  /** What is there now and what would finish a held step by hand. Never fails: what cannot be read is said. */
  byHand(held: HeldStep): Promise<ByHand>;
  /**
   * Watches the writes of a log until there is a lull, or `forAtMostMs` is over. Refuses QUANTILE_UNKNOWN at once where the
   * log's past does not say what few writes are. Rejects like every look when no worker was there to watch to the end.
   */
  watchWrites(input: WatchWritesInput): Promise<WritesWatched>;
  /** What a superseding attempt starts from: the next tree that took entries becomes the current one. */
  superseding(input: AttemptInput, patience?: Patience): Promise<Omit<Preparation, 'timing'>>;
}
