import {
  ActivityCancellationType,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Changes, Observations } from './model/changes';
import type { CutOverOrder, CutOverResult } from './cut-over';
import { CUT_OVER, cutOverId } from './messages';
import type { Run } from './run';

/**
 * Without it an undo would run beside its step: the SDK's default reports a cancelled activity before it has ended.
 */
const waits = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED } as const;

/** An activity that can run for long still shows a dead worker within this time. */
const signOfLife = { heartbeatTimeout: '5 seconds' } as const;

/** What nobody waits for: a few tries, then the rotation is taken back. */
const unhurried: ActivityOptions = {
  ...waits,
  ...signOfLife,
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
};

/** What must succeed in the end: an undo, or a step past the point of no return. */
const untilDone: ActivityOptions = {
  ...waits,
  heartbeatTimeout: '1 second',
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '10 seconds' },
};

/**
 * One try, which retries inside itself: a timer of Temporal's below a second takes a second on a server with default
 * settings. A worker that died is noticed after a second, and the section is undone.
 */
function critical(budgetMs: number): ActivityOptions {
  return {
    ...waits,
    heartbeatTimeout: '1 second',
    startToCloseTimeout: budgetMs,
    scheduleToCloseTimeout: budgetMs,
    retry: { maximumAttempts: 1 },
  };
}

/** What a rotation asks of its worker; the same for a dry run and a real one. */
export function observations(): Observations {
  return proxyActivities<Observations>({ ...unhurried, startToCloseTimeout: '30 seconds' });
}

/** The changes, done: which activity, with which bounds. */
export function realChanges(): Changes {
  const before = proxyActivities<Changes>(unhurried);
  const undo = proxyActivities<Changes>(untilDone);
  const after = proxyActivities<Changes>({ ...untilDone, ...signOfLife, startToCloseTimeout: '10 minutes' });
  const watching = proxyActivities<Changes>({ ...untilDone, ...signOfLife, startToCloseTimeout: '2 hours' });
  const within = (order: { readonly budgetMs: number; readonly forward?: boolean }): Changes =>
    order.forward ? undo : proxyActivities<Changes>(critical(order.budgetMs));
  return {
    createNextTree: (identity) => before.createNextTree(identity),
    retireNextTree: (identity) => undo.retireNextTree(identity),
    stage: (order) => before.stage(order),
    discard: (order) => undo.discard(order),
    holdAndFreeze: (order) => within(order).holdAndFreeze(order),
    allowWritesToCurrent: (order) => undo.allowWritesToCurrent(order),
    releaseToCurrent: (order) => undo.releaseToCurrent(order),
    stop: (order) => undo.stop(order),
    openAndExpose: (order) => within(order).openAndExpose(order),
    closeNextTree: (order) => undo.closeNextTree(order),
    confirm: (order) => after.confirm(order),
    settle: (order) => after.settle(order),
    soak: (order) => watching.soak(order),
  };
}

/**
 * The critical section is a workflow of its own, for its short task timeout: another worker takes over within seconds
 * (H21). When the rotation is terminated, it is asked to cancel, and undoes itself.
 */
export function realRun(): Run {
  return {
    changes: realChanges(),
    says: () => undefined,
    cutOver: (order) =>
      executeChild<(input: CutOverOrder) => Promise<CutOverResult>>(CUT_OVER, {
        workflowId: cutOverId(order.identity.log),
        args: [order],
        workflowTaskTimeout: '1 second',
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `Critical section of attempt ${order.identity.attempt}`,
      }),
  };
}
