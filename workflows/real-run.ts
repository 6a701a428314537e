import {
  type ActivityOptions,
  CancellationScope,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  asInstalled,
  bounds,
  longLook,
  look,
  oneTry,
  rehearsalBounds,
  stubbornLook,
  tries,
  type Bounds,
} from './bounds';
import { begunIn, EarlierRun } from './earlier-run';
import type { CriticalSectionResult } from './section-result';
import { isFinal, mayStillRun } from './failure';
import { CRITICAL_SECTION, criticalSectionId } from './messages';
import type { Actions, CriticalInput, CriticalSectionInput, OfRun, Pruning } from './model/actions';
import type { Observations } from './model/observations';
import { ANSWERS_MS, LANDED_MS, sectionSignOfLifeMs, TAKE_BACK_MS } from './model/deadlines';
import { FEW_TRIES, ONE_TRY, PAUSE_MS, SECTION_TRIES, type Patience } from './model/patience';
import type { Rehearsal } from './model/rehearsal';
import { retry } from './retry';
import type { Run } from './run';
import { sectionWorkers } from './section-workers';

/** What a rotation asks of its worker; the same for a dry run and a real one. Each under what the UI is to call it. */
export function observations(): Observations {
  const ask = (summary: string): Observations => proxyActivities<Observations>(look(summary));
  return {
    preflight: (request) => ask('looks at everything, changes nothing').preflight(request),
    lockHolder: (log) => ask('does a rotation run').lockHolder(log),
    criticalSectionRuns: (log) => ask('does a critical section run').criticalSectionRuns(log),
    leftovers: (request) => ask('what is left over').leftovers(request),
    guard: (request) => ask('look at what serves').guard(request),
    retiredTrees: (request) => ask('list retired trees').retiredTrees(request),
    searchAttributes: () => ask('which search attributes there are').searchAttributes(),
    verifyApprovals: (given) => ask('verify approvals').verifyApprovals(given),
    watchWrites: (input) =>
      proxyActivities<Observations>(longLook('watch the writes', input.forAtMostMs)).watchWrites(input),
    policyProblems: (input) => ask('is the policy right').policyProblems(input),
    scheduleFacts: (policy) => ask('is it due, and is a window open').scheduleFacts(policy),
    byHand: (held) => ask(`what is there, for ${held.step}`).byHand(held),
    superseding: (input, patience = ONE_TRY) =>
      proxyActivities<Observations>(stubbornLook('supersede', patience)).superseding(input),
  };
}

/** What a person may have done to retired trees. */
export function pruning(): Pruning {
  return {
    deleteRetiredTree: (input) =>
      proxyActivities<Pruning>(look(`delete tree ${input.treeId}`)).deleteRetiredTree(input),
  };
}

/** The actions, done, each within its bounds. */
export function realActions(): Actions {
  const earlierRun = new EarlierRun();
  return {
    createNextTree: ({ identity, release, displayName }) =>
      earlierRun.outlive(release.patience, (run) =>
        few(bounds.createNextTree, (actions) =>
          actions.createNextTree({
            ...{ identity, release, ...run },
            ...(displayName !== undefined && { displayName }),
          }),
        ),
      ),
    // Not the whole input of its step: each activity's input is kept in the history.
    retireNextTree: ({ identity }, patience) =>
      stubborn(bounds.retireNextTree, patience, (actions) => actions.retireNextTree({ identity })),
    stage: (input) =>
      earlierRun.outlive(input.release.patience, (run) =>
        few(asInstalled(bounds.stage, input), (actions) => actions.stage({ ...input, ...run })),
      ),
    discard: (input, patience) =>
      stubborn(asInstalled(bounds.discard, input), patience, (actions) => actions.discard(input)),
    holdToExpose: (input) => inSection(bounds.holdToExpose, input).holdToExpose(ofThisRun(input)),
    sendToCurrent: (input, patience) =>
      stubborn(bounds.sendToCurrent, patience, (actions) => actions.sendToCurrent(input)),
    stop: (input, patience) =>
      stubborn(asInstalled(bounds.stop, input), patience, (actions) => actions.stop(input)),
    allowWritesToCurrent: (input, patience) =>
      stubborn(bounds.allowWritesToCurrent, patience, (actions) => actions.allowWritesToCurrent(input)),
    standBy: standsBy,
    goForward: (input, patience) =>
      stubborn(bounds.goForward, patience, (actions) => actions.goForward(ofThisRun(input))),
    closeNextTree: (input, patience) =>
      stubborn(bounds.closeNextTree, patience, (actions) => actions.closeNextTree(input)),
    lookBack: (input, patience) => stubborn(bounds.lookBack, patience, (actions) => actions.lookBack(input)),
    confirm: (input, patience) => stubborn(bounds.confirm, patience, (actions) => actions.confirm(input)),
    settle: (input, patience) => stubborn(bounds.settle, patience, (actions) => actions.settle(input)),
    soak: (input, patience) => stubborn(bounds.soak, patience, (actions) => actions.soak(input)),
  };
}

/** What a rehearsal may have done, within its bounds. */
export function realRehearsal(): Rehearsal {
  const earlierRun = new EarlierRun();
  return {
    rehearseSection: (input) =>
      earlierRun.outlive(input.release.patience, (run) =>
        few(rehearsalBounds, () =>
          proxyActivities<Rehearsal>(oneTry(rehearsalBounds)).rehearseSection({ ...input, ...run }),
        ),
      ),
  };
}

/** Told which run the workflow was begun in. */
function ofThisRun<Input extends OfRun>(input: Input): Input {
  return { ...input, ...begunIn() };
}

/** Tried for as long as the section may take; once, since clients wait. */
function inSection(bound: Bounds<'section', 'nobody'>, { budgetMs, worker }: CriticalInput): Actions {
  const signOfLifeMs = sectionSignOfLifeMs(budgetMs);
  return proxyActivities<Actions>({
    ...oneTry({ ...bound, signOfLifeMs, tryMs: budgetMs }),
    ...doneBy(worker),
  });
}

/**
 * Rejects once the worker that stands by acts no more, nor can begin to. It asks before it acts whether it is still waited for;
 * so one that was not heard of any more before its time never does.
 */
const standsBy: Actions['standBy'] = async (input) => {
  const { waitMs, worker } = input;
  const began = Date.now();
  const bound = { ...bounds.standBy, tryMs: waitMs + TAKE_BACK_MS };
  try {
    return await proxyActivities<Actions>({ ...oneTry(bound), ...doneBy(worker) }).standBy(input);
  } catch (error) {
    if (mayStillRun(error) && Date.now() >= began + waitMs) {
      const leftMs = began + bound.tryMs + LANDED_MS - Date.now();
      await CancellationScope.nonCancellable(() =>
        sleep(Math.max(leftMs, 0), { summary: 'until a lost worker can take back no more' }),
      );
    }
    throw error;
  }
};

/** Any worker, unless one is named. That has just answered; where it has not begun soon, it is gone. */
function doneBy(worker: string | undefined): Pick<ActivityOptions, 'taskQueue' | 'scheduleToStartTimeout'> {
  return worker === undefined ? {} : { taskQueue: worker, scheduleToStartTimeout: ANSWERS_MS };
}

/** A refusal is final; anything else is worth another try or two. */
async function few<Result>(
  bound: Bounds<number, 'few'>,
  act: (actions: Actions) => Promise<Result>,
): Promise<Result> {
  const actions = proxyActivities<Actions>(oneTry(bound));
  const once = (): Promise<Result> => untilItActsNoMore(bound, ONE_TRY, () => act(actions));
  return await retry(once, { times: FEW_TRIES, everyMs: PAUSE_MS, unless: isFinal });
}

/** As often as whoever must see it succeed has patience for. */
async function stubborn<Result>(
  bound: Bounds<number, 'stubborn'>,
  patience: Patience = ONE_TRY,
  act: (actions: Actions) => Promise<Result>,
): Promise<Result> {
  const actions = proxyActivities<Actions>(tries(bound, patience));
  return bound.fencedByTime
    ? await untilItActsNoMore(bound, patience, () => act(actions))
    : await act(actions);
}

/**
 * A try that Temporal has given up may still act, until its own time is over: nothing may follow it before (H8). What
 * it can change of trees and files is not fenced by a number, as an order to the gate is.
 */
async function untilItActsNoMore<Result>(
  { tryMs, signOfLifeMs }: { readonly tryMs: number; readonly signOfLifeMs: number },
  { tries: most }: Patience,
  act: () => Promise<Result>,
): Promise<Result> {
  const began = Date.now();
  try {
    return await act();
  } catch (error) {
    if (mayStillRun(error)) {
      // Nobody knows here when the last of several began; it was a sign of life ago at least.
      const leftMs = most === 1 ? began + tryMs - Date.now() : tryMs - signOfLifeMs;
      await CancellationScope.nonCancellable(() =>
        sleep(Math.max(leftMs, 0) + LANDED_MS, { summary: 'until a lost try can act no more' }),
      );
    }
    throw error;
  }
}

/**
 * The critical section is a workflow of its own, for its short task timeout: another worker takes over within seconds
 * (H21). When the rotation is terminated, it is asked to cancel, and undoes itself.
 */
export function realRun(given: Pick<Run, 'retrying' | 'journal' | 'pauses' | 'holdBy'>): Run {
  return {
    actions: realActions(),
    observations: observations(),
    ...given,
    says: () => undefined,
    criticalSection: async (input) => {
      const workers = await sectionWorkers(input.identity.log);
      return await retry(
        () =>
          executeChild<(input: CriticalSectionInput) => Promise<CriticalSectionResult>>(CRITICAL_SECTION, {
            workflowId: criticalSectionId(input.identity.log),
            args: [{ ...input, ...(workers && { workers }) }],
            workflowTaskTimeout: '1 second',
            parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
            staticSummary: `critical section: hold, start, freeze, verify, expose (attempt ${input.identity.attempt})`,
          }),
        {
          times: SECTION_TRIES,
          everyMs: PAUSE_MS,
          unless: (error) => !(error instanceof WorkflowExecutionAlreadyStartedError),
        },
      );
    },
  };
}
