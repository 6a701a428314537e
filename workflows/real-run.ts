import {
  ActivityCancellationType,
  CancellationScope,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  sleep,
  type ActivityOptions,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { MARGIN_MS, type CriticalSectionResult } from './critical-section';
import { isFinal, mayStillRun } from './failure';
import { CRITICAL_SECTION, criticalSectionId } from './messages';
import type { Actions, CriticalSectionInput, Observations, Pruning } from './model/actions';
import { CLOSE_MS, REPORT_MS } from './model/deadlines';
import { ONE_TRY, type Patience } from './model/patience';
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

/**
 * One try. What must succeed in the end is tried again by the workflow, which knows what it waits for (retry-and-hold.ts). In the
 * critical section nothing is tried again but inside the activity: a timer of Temporal's below a second takes a second on a
 * server with default settings. A worker that died is noticed after a second.
 */
function oneTry(timeoutMs: number): ActivityOptions {
  const givenUpMs = timeoutMs + REPORT_MS;
  return {
    ...waits,
    heartbeatTimeout: HEARTBEAT_MS,
    startToCloseTimeout: givenUpMs,
    // The activity counts from its scheduling, too: it does not act beyond this, however late it was started (H8).
    scheduleToCloseTimeout: givenUpMs,
    retry: { maximumAttempts: 1 },
  };
}

const HEARTBEAT_MS = 1_000;

/**
 * As many tries as whoever carries it through has patience for, each bounded like a single one.
 *
 * @param apartMs the least pause between two of them, in milliseconds: for what changes trees, a try whose worker is not heard
 *   of any more may act that much longer (H8).
 */
function tries(timeoutMs: number, patience: Patience, apartMs = 0): ActivityOptions {
  if (patience.tries === 1) {
    return oneTry(timeoutMs);
  }
  const initialInterval = Math.max(patience.pauseMs, apartMs);
  const maximumInterval = Math.max(patience.longestPauseMs, initialInterval);
  return {
    ...waits,
    heartbeatTimeout: HEARTBEAT_MS,
    startToCloseTimeout: timeoutMs + REPORT_MS,
    retry: { initialInterval, backoffCoefficient: 2, maximumInterval, maximumAttempts: patience.tries },
  };
}

/** What a rotation asks of its worker; the same for a dry run and a real one. Each under what the UI is to call it. */
export function observations(): Observations {
  const ask = (summary: string): Observations =>
    proxyActivities<Observations>({ ...unhurried, startToCloseTimeout: LOOK_MS, summary });
  return {
    preflight: (request) => ask('preflight').preflight(request),
    lockHolder: (log) => ask('does a rotation run').lockHolder(log),
    criticalSectionRuns: (log) => ask('does a critical section run').criticalSectionRuns(log),
    leftovers: (request) => ask('what is left over').leftovers(request),
    guard: (request) => ask('look at what serves').guard(request),
    retiredTrees: (request) => ask('list retired trees').retiredTrees(request),
    byHand: (held) => ask(`what is there, for ${held.step}`).byHand(held),
    superseding: (input) => ask('supersede').superseding(input),
  };
}

/** How long one try may take, in milliseconds; clients wait for the first ones. */
const LOOK_MS = 30_000;
const GIVE_BACK_MS = 2_000;
const FORWARD_MS = 10_000;
const PUT_BACK_MS = 20_000;
const LOOK_BACK_MS = 8_000;
const PREPARE_MS = 10_000;
const STAGE_MS = 20_000;

/** So many tries has what nobody waits for, before the rotation is taken back. */
const FEW_TIMES = 3;

/** The actions, done: which activity, with which bounds, under which step's name in the UI. */
export function realActions(): Actions {
  const as = (summary: string, options: ActivityOptions): Actions =>
    proxyActivities<Actions>({ ...options, summary });
  const preparing = { ...oneTry(PREPARE_MS), heartbeatTimeout: '3 seconds' } as const;
  const puttingBack = (summary: string, patience: Patience = ONE_TRY): Actions =>
    as(summary, tries(PUT_BACK_MS, patience));
  const staging = { ...oneTry(STAGE_MS), ...signOfLife } as const;
  /** What changes trees or files, which no number fences: nothing follows it before it can act no more. */
  const fenced = <Result>(
    summary: string,
    timeoutMs: number,
    patience: Patience = ONE_TRY,
    act: (actions: Actions) => Promise<Result>,
  ): Promise<Result> => {
    const apartMs = timeoutMs + MARGIN_MS - HEARTBEAT_MS;
    const actions = as(summary, tries(timeoutMs, patience, apartMs));
    return landed(timeoutMs, () => act(actions), patience);
  };
  const after = (summary: string, patience: Patience = ONE_TRY): Actions =>
    as(summary, { ...tries(600_000, patience), ...signOfLife });
  const watching = (summary: string, patience: Patience = ONE_TRY): Actions =>
    as(summary, { ...tries(5_400_000, patience), ...signOfLife });
  return {
    createNextTree: (identity) =>
      fewTimes(() => landed(PREPARE_MS, () => as('createTree', preparing).createNextTree(identity))),
    retireNextTree: (identity, patience) => puttingBack('undo createTree', patience).retireNextTree(identity),
    stage: (input) => fewTimes(() => landed(STAGE_MS, () => as('stage', staging).stage(input))),
    discard: (input, patience) =>
      fenced('undo stage', PUT_BACK_MS, patience, (actions) => actions.discard(input)),
    holdAndFreeze: (input) => as('hold, start, freeze', oneTry(input.budgetMs)).holdAndFreeze(input),
    allowWritesToCurrent: (input, patience) =>
      fenced('undo freeze', GIVE_BACK_MS, patience, (actions) => actions.allowWritesToCurrent(input)),
    sendToCurrent: (input, patience = ONE_TRY) =>
      as('undo hold', tries(GIVE_BACK_MS, patience)).sendToCurrent(input),
    stop: (input, patience) => puttingBack('undo start', patience).stop(input),
    openAndExpose: (input, patience) =>
      input.forward
        ? fenced('forward', FORWARD_MS, patience, (actions) => actions.openAndExpose(input))
        : as('verify, expose', oneTry(input.budgetMs)).openAndExpose(input),
    closeNextTree: (input, patience) =>
      fenced('undo verify', CLOSE_MS, patience, (actions) => actions.closeNextTree(input)),
    lookBack: (input, patience) =>
      fenced('look back', LOOK_BACK_MS, patience, (actions) => actions.lookBack(input)),
    confirm: (input, patience) => after('confirm', patience).confirm(input),
    // It waits in itself until the current slot may stop.
    settle: (input, patience) => watching('settle', patience).settle(input),
    soak: (input, patience) => watching('soak', patience).soak(input),
  };
}

/**
 * A try that Temporal has given up may still act, until its own time is over: nothing may follow it before (H8). What
 * it can change of trees and files is not fenced by a number, as an order to the gate is.
 */
async function landed<Result>(
  timeoutMs: number,
  act: () => Promise<Result>,
  { tries: most }: Patience = ONE_TRY,
): Promise<Result> {
  const began = Date.now();
  try {
    return await act();
  } catch (error) {
    if (mayStillRun(error)) {
      // Nobody knows here when the last of several began; it was a heartbeat ago at least.
      const leftMs = most === 1 ? began + timeoutMs - Date.now() : timeoutMs - HEARTBEAT_MS;
      await CancellationScope.nonCancellable(() => sleep(Math.max(leftMs, 0) + MARGIN_MS));
    }
    throw error;
  }
}

/** A refusal is final; anything else is worth another try or two. */
async function fewTimes<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === FEW_TIMES || isFinal(error)) {
        throw error;
      }
      await sleep('1 second');
    }
  }
}

/** What a person may have done to retired trees. */
export function pruning(): Pruning {
  return {
    deleteRetiredTree: (input) =>
      proxyActivities<Pruning>({ ...unhurried, summary: `delete tree ${input.treeId}` }).deleteRetiredTree(
        input,
      ),
  };
}

/**
 * The critical section is a workflow of its own, for its short task timeout: another worker takes over within seconds
 * (H21). When the rotation is terminated, it is asked to cancel, and undoes itself.
 */
export function realRun(retrying: Run['retrying']): Run {
  return {
    actions: realActions(),
    observations: {
      superseding: (input, patience) =>
        proxyActivities<Observations>({
          ...tries(LOOK_MS, patience),
          ...signOfLife,
          summary: 'supersede',
        }).superseding(input),
    },
    retrying,
    says: () => undefined,
    criticalSection: (input) =>
      oneAtATime(() =>
        executeChild<(input: CriticalSectionInput) => Promise<CriticalSectionResult>>(CRITICAL_SECTION, {
          workflowId: criticalSectionId(input.identity.log),
          args: [input],
          workflowTaskTimeout: '1 second',
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `critical section: hold, start, freeze, verify, expose (attempt ${input.identity.attempt})`,
        }),
      ),
  };
}

/** A critical section may still be open: that of a run which was reset is taking itself back (H7). */
const OPEN_TRIES = 30;

async function oneAtATime<Result>(start: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === OPEN_TRIES) {
        throw error;
      }
      await sleep('1 second');
    }
  }
}
