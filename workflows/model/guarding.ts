import type { Pause } from './executions';
import type { TreeId, TreeState } from './log';
import type { SourceOfTruth } from './ownership';
import type { Refusal } from './refusals';
import { refusal } from './refusals';

/** The workflow that holds a log's lock, as Temporal describes it. */
export interface LockOwner {
  readonly workflowId: string;
  readonly rotation: string;
  /** How often its next workflow task has been tried; it grows when no worker can go on with it. */
  readonly taskAttempts: number;
  /** Milliseconds since anything happened in it. */
  readonly quietForMs: number;
  readonly paused: Pause | null;
  /** It says that it waits although nothing has failed, for a person for example; asked only of one that is quiet for long. */
  readonly waits: boolean;
}

/** What served a log in one look of its guardian. */
export interface Serving {
  /** What its installation calls it: "slot green". */
  readonly release: string;
  readonly treeId: TreeId;
  readonly state: TreeState;
  /** How many entries the tree had, by Trillian. */
  readonly size: number;
  /** The virtual index that the next entry would get. */
  readonly nextIndex: number;
  readonly earlierShards: number;
  readonly gate?: 'pass' | 'hold' | 'healing';
  /** For a gate that is inserted for rotations alone: at which Service, and whether it is now; absent where that is not known. */
  readonly inserted?: { readonly at: string; readonly now: boolean };
  /**
   * The Rekor processes that serve, and whether each has loaded exactly the shards and lengths that Trillian has; absent when
   * one of them could not be asked.
   */
  readonly instances?: readonly { readonly name: string; readonly proven: boolean }[];
  /** Whether what the configuration is applied from has what it is now; absent where nothing tells, as on a host (H10). */
  readonly sourceOfTruth?: SourceOfTruth;
}

/** What the guardian of a log saw in one look. */
export interface GuardFacts {
  readonly log: string;
  /** Null when no rotation or recovery of the log, nor a critical section of one, is open. */
  readonly owner: LockOwner | null;
  /** What an interrupted rotation left behind; meaningless while there is an owner. */
  readonly leftovers: readonly string[];
  /** What is wrong with what is served, whoever caused it. */
  readonly drift: readonly Refusal[];
  /** What could not be read. */
  readonly unread: readonly Refusal[];
  /** Absent while there is an owner, and when it could not be read. */
  readonly serves?: Serving;
  /** A rotation that shows no sign of life for this long is stuck; milliseconds. */
  readonly stuckAfterMs: number;
  /** Whether the policy lets the guardian recover a log by itself. */
  readonly recovers: boolean;
}

export interface GuardVerdict {
  readonly alarms: readonly Refusal[];
  readonly recover: boolean;
}

/** A worker of the same version gets a workflow task through in one or two tries. */
const TASK_ATTEMPTS = 5;

/** What is to be said, and done, about what the guardian saw. */
export function judge(facts: GuardFacts): GuardVerdict {
  const { log, owner, leftovers } = facts;
  if (owner) {
    const { workflowId, rotation: rotationId, taskAttempts, quietForMs, paused, waits } = owner;
    if (paused) {
      // It stands still because a person wants it to, and nobody else may put a hand to the log meanwhile.
      return { alarms: [refusal('ROTATION_PAUSED', { log, ...paused })], recover: false };
    }
    const stuck =
      taskAttempts >= TASK_ATTEMPTS || (quietForMs > facts.stuckAfterMs && !waits)
        ? [refusal('ROTATION_STUCK', { log, rotation: rotationId, workflowId, taskAttempts, quietForMs })]
        : [];
    // What a running rotation is in the middle of would look like drift.
    return { alarms: stuck, recover: false };
  }
  const left = leftovers.length > 0 ? [refusal('LEFTOVERS', { log, leftovers })] : [];
  return {
    alarms: [...left, ...facts.drift, ...facts.unread],
    // Whether or not an instance answers: a recovery starts what serves (H33).
    recover: left.length > 0 && facts.recovers,
  };
}

/** How a look of the guardian ended; the result of `guardLog`. */
export interface GuardResult extends GuardVerdict {
  readonly log: string;
  /** What served then; absent while a rotation or recovery was open, and when it could not be read. */
  readonly serves?: Serving;
  /** The workflow that recovers the log, when one was started. */
  readonly recovery?: string;
}
