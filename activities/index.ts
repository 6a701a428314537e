import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Actions, AttemptInput, ForwardInput, OfRun, Pruning } from '../workflows/model/actions';
import { CLOSE_MS } from '../workflows/model/deadlines';
import type { WatchWritesInput } from '../workflows/model/lull';
import { attemptIdOf } from '../workflows/model/mark';
import type { Observations } from '../workflows/model/observations';
import { isDecisive, refusal } from '../workflows/model/refusals';
import type { Rehearsal } from '../workflows/model/rehearsal';
import type { SeeingWorkers } from '../workflows/model/section-workers';
import { type KeptSteps, withinBounds } from './bounds/activity-bounds';
import { retryWhileUnreachable } from './bounds/retry-while-unreachable';
import { pause } from './bounds/waiting';
import { CallOutcomeUnknown } from './clients/call-bounds';
import { errorReason, errorTrail } from './errors/error-reason';
import { refuse, RefusalError } from './errors/refusal-error';
import { unknownLog } from './errors/unknown-log';
import { warmUpHandover } from './handover';
import type { Act } from './steps/act';
import { byHand } from './steps/by-hand';
import { goForward, holdToExpose } from './steps/critical-section';
import { allowWritesToCurrent } from './steps/current-tree';
import { guard } from './steps/guard';
import { policyProblems, scheduleFacts } from './steps/schedule-facts';
import { leftovers, superseding } from './steps/leftovers';
import { criticalSectionRuns, lockHolder } from './steps/lock';
import { verifyGiven } from './steps/approvals';
import { standingBy } from './steps/stand-by';
import { stillWanted } from './steps/still-wanted';
import { workersSeen, type WorkerNames } from './steps/workers-seen';
import { confirm, soak } from './steps/log-checks';
import { discard, settle, stage, stagedInUse, stop } from './steps/next-release';
import { createNextTree, nextTreeInUse, retireNextTree } from './steps/next-tree';
import { closeNextTree } from './steps/next-tree-closing';
import { sectionBegan } from './steps/ownership';
import { preflight } from './steps/preflight';
import { rehearseSection } from './steps/rehearsal';
import { deleteRetiredTree, retiredTrees } from './steps/retired';
import { lookBack } from './steps/rolled-back';
import { registeredAttributes } from './steps/search-attributes';
import { watchWrites } from './steps/write-rate';
import { sendBack } from './steps/writes-told';
import type { SectionIntents } from './successor/intents';
import { keepingIntents } from './successor/kept-section';
import type { LogSystems } from './systems';

/**
 * Makes every activity of a worker that serves these logs, by their names.
 *
 * @param worker which one that is.
 * @param intents where it keeps what it begins in a critical section, for the worker after it; absent: nowhere.
 */
export function createActivities(
  logs: ReadonlyMap<string, LogSystems>,
  worker: WorkerNames,
  intents?: SectionIntents,
): Actions & Observations & Pruning & Rehearsal & SeeingWorkers {
  warmUpHandover();
  const systemsOf = (log: string): LogSystems => {
    const systems = logs.get(log);
    if (systems) {
      return systems;
    }
    throw new RefusalError(unknownLog(log, [...logs.keys()]));
  };

  /** Makes an activity. A refusal of it is final where `final` says so; what cannot be reached is asked for `patienceMs`. */
  const activity =
    (final: boolean, patienceMs?: number) =>
    <Input extends OfLog & OfRun, Result>(name: string, act: Act<Input, Result>) =>
    (input: Input): Promise<Result> =>
      asFailure(
        name,
        final,
        (steps) => {
          const systems = systemsOf('log' in input ? input.log : input.identity.log);
          return withinBounds(name, steps, (bounds) =>
            retryWhileUnreachable(bounds, () => act({ ...systems, bounds }, input), patienceMs),
          );
        },
        input,
      );

  /** An activity that refuses for good what its catalogue code says; it is not repeated then. */
  const step = activity(true);

  /** One that asks again by itself, in each of its halves. */
  const inHalves = activity(true, 0);

  /** An activity that must succeed in the end, an undo or one that goes forward: whatever it finds is worth another try. */
  const mustSucceed = activity(false);

  /** The same, behind the point of no return: long ones, so that what stays away is soon told to a person. */
  const afterExposure = activity(false, AFTER_EXPOSURE_PATIENCE_MS);

  /** One that is not begun anew in the same try, whatever cannot be reached. */
  const oncePerTry = activity(false, 0);

  return {
    preflight: step('preflight', preflight),
    lockHolder: (log) => asFailure('preflight', true, () => lockHolder(Context.current().client, log)),
    criticalSectionRuns: (log) =>
      asFailure('preflight', true, () => criticalSectionRuns(Context.current().client, log)),
    leftovers: step('preflight', leftovers),
    guard: step('guard', (systems, input: { readonly log: string }) =>
      guard(systems, Context.current().client, input),
    ),
    policyProblems: (input) =>
      asFailure('schedule', true, () => Promise.resolve(policyProblems(input, [...logs.keys()]))),
    scheduleFacts: step('schedule', scheduleFacts),
    retiredTrees: step('prune', retiredTrees),
    deleteRetiredTree: step('prune', deleteRetiredTree),
    searchAttributes: () =>
      asFailure('preflight', true, () => registeredAttributes(Context.current().client)),
    verifyApprovals: step('approvals', verifyGiven),
    byHand: step('held', byHand),
    watchWrites: step('lull', (systems, input: WatchWritesInput) => watchWrites(systems, input)),
    superseding: afterExposure('supersede', superseding),
    createNextTree: step(
      'createTree',
      onlyWithoutOpenSection(withoutEarlierRun(createNextTree), nextTreeInUse),
    ),
    retireNextTree: mustSucceed('undo createTree', retireNextTree),
    stage: step('stage', onlyWithoutOpenSection(withoutEarlierRun(stage), stagedInUse)),
    discard: mustSucceed('undo stage', discard),
    holdToExpose: inHalves('critical section', unlessReset(keepingIntents(intents, holdToExpose))),
    allowWritesToCurrent: mustSucceed('undo freeze', allowWritesToCurrent),
    sendToCurrent: mustSucceed('undo hold', sendBack),
    stop: mustSucceed('undo start', stop),
    standBy: oncePerTry(
      'stand by',
      standingBy(() => stillWanted(Context.current())),
    ),
    workersSeen: () => asFailure('preflight', true, () => workersSeen(Context.current().client, worker)),
    goForward: mustSucceed('forward', onceNothingCloses(goForward)),
    closeNextTree: mustSucceed('undo verify', closeNextTree),
    lookBack: mustSucceed('look back', lookBack),
    confirm: afterExposure('confirm', confirm),
    rehearseSection: step('rehearse', withoutEarlierRun(rehearseSection)),
    settle: afterExposure('settle', settle),
    soak: afterExposure('soak', soak),
  };
}

/** What tells which log an activity is about. */
type OfLog = { readonly log: string } | { readonly identity: { readonly log: string } };

/** How long an activity behind the point of no return asks by itself for what cannot be reached, in milliseconds. */
const AFTER_EXPOSURE_PATIENCE_MS = 10_000;

/** How often it is looked whether a critical section has ended, in milliseconds. */
const LOOK_EVERY_MS = 200;

/**
 * A step that prepares begins once no critical section of the log is open: a rotation that was reset may have left one (H7).
 * Of one that is this attempt's own it takes what that uses: the section decides what becomes of it, and not this step.
 */
function onlyWithoutOpenSection<Input extends Pick<AttemptInput, 'identity'>, Result>(
  act: Act<Input, Result>,
  inUse: Act<Input, Result>,
): Act<Input, Result> {
  return async (systems, input) => {
    while (await criticalSectionRuns(Context.current().client, systems.log)) {
      if (await sectionBegan(systems, input.identity)) {
        return await inUse(systems, input);
      }
      await pause(LOOK_EVERY_MS, systems.bounds.signal);
    }
    return await act(systems, input);
  };
}

/**
 * A step that prepares acts beside none of the run before a Reset, which may be at the same tree or files on a worker that was
 * stopped: its workflow waits, and asks again (H7, H8).
 */
function withoutEarlierRun<Input extends Pick<AttemptInput, 'identity'> & OfRun, Result>(
  act: Act<Input, Result>,
): Act<Input, Result> {
  return async (systems, input) => {
    const run = Context.current().info.workflowExecution?.runId;
    if (wasReset(input) && input.outlivedIn !== run) {
      systems.bounds.steps.run = run;
      throw refuse('EARLIER_RUN_MAY_ACT', { rotation: input.identity.rotationId });
    }
    return await act(systems, input);
  };
}

/** A part of the critical section that must not begin beside what a run which was reset still does: an undo of it (H7). */
function unlessReset<Input extends AttemptInput & OfRun, Result>(
  act: Act<Input, Result>,
): Act<Input, Result> {
  return async (systems, input) => {
    if (wasReset(input)) {
      const rotation = attemptIdOf(input.identity);
      throw refuse('ATTEMPT_REPEATED', { rotation, found: 'its workflow was reset' });
    }
    return await act(systems, input);
  };
}

/**
 * Opens the next tree only once no closing of it can land that somebody began who is gone: a run which was reset, or a
 * section that was lost. Trillian takes the later of two updates, and would leave a tree FROZEN that serves (H7, H8).
 */
function onceNothingCloses<Result>(act: Act<ForwardInput, Result>): Act<ForwardInput, Result> {
  return async (systems, input) => {
    if (input.mayBeClosing || wasReset(input)) {
      await systems.bounds.requireOnce('verify', () => pause(CLOSE_MS, systems.bounds.signal));
    }
    return await act(systems, input);
  };
}

/** Whether the workflow that asks was reset: it runs in another run than it was begun in. */
function wasReset({ begunIn }: OfRun): boolean {
  return begunIn !== undefined && begunIn !== Context.current().info.workflowExecution?.runId;
}

/** Whether another try may come to another end though nobody mends anything. */
function passesByItself(error: RefusalError): boolean {
  return error instanceof CallOutcomeUnknown || error.refusal.code === 'TEMPORAL_UNREACHABLE';
}

/**
 * Only words of the catalogue cross to the workflow, as failures whose type is the code, with the steps that were begun and
 * done before. What lies behind them, which may quote a secret (H28), goes nowhere but for its kinds and places, to the
 * worker's own log. A refusal is final where `final` says so; what nobody foresaw or answered may be worth another try.
 */
async function asFailure<Result>(
  name: string,
  final: boolean,
  act: (steps: KeptSteps) => Promise<Result>,
  run: OfRun = {},
): Promise<Result> {
  const steps: KeptSteps = { times: {}, began: [] };
  try {
    return await act(steps);
  } catch (error) {
    if (error instanceof CancelledFailure) {
      // Before its first step it cannot say whether an earlier run of it, which was reset, had begun one (H7). Any other
      // has begun nothing then, so that nothing is taken back that somebody else has done.
      throw steps.began.length === 0 && wasReset(run)
        ? new CancelledFailure('CANCELLED')
        : new CancelledFailure('CANCELLED', [null, steps]);
    }
    const foreseen = error instanceof RefusalError;
    const reason = foreseen ? error.refusal : refusal('INTERNAL', { step: name, reason: errorReason(error) });
    Context.current().log.warn('An activity fails', {
      step: name,
      code: reason.code,
      trail: errorTrail(error),
    });
    throw ApplicationFailure.create({
      message: reason.message,
      type: reason.code,
      nonRetryable: foreseen && (isDecisive(reason) || (final && !passesByItself(error))),
      details: [reason, steps],
    });
  }
}
