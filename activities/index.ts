import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { distance } from 'fastest-levenshtein';
import type { Actions, Pruning } from '../workflows/model/actions';
import type { Observations } from '../workflows/model/observations';
import { isDecisive, refusal } from '../workflows/model/refusals';
import { type KeptSteps, withinBounds } from './bounds/activity-bounds';
import { retryWhileUnreachable } from './bounds/retry-while-unreachable';
import { pause } from './bounds/waiting';
import { CallOutcomeUnknown } from './clients/trillian';
import { errorReason, errorTrail } from './errors/error-reason';
import { refuse, RefusalError } from './errors/refusal-error';
import type { Act } from './steps/act';
import { byHand } from './steps/by-hand';
import { goForward, holdAndFreeze, openAndExpose } from './steps/critical-section';
import { allowWritesToCurrent } from './steps/current-tree';
import { guard } from './steps/guard';
import { leftovers, superseding } from './steps/leftovers';
import { criticalSectionRuns, lockHolder } from './steps/lock';
import { confirm, soak } from './steps/log-checks';
import { discard, settle, stage, stop } from './steps/next-release';
import { createNextTree, retireNextTree } from './steps/next-tree';
import { closeNextTree } from './steps/next-tree-closing';
import { preflight } from './steps/preflight';
import { deleteRetiredTree, retiredTrees } from './steps/retired';
import { lookBack } from './steps/rolled-back';
import { sendToCurrent } from './steps/writes';
import type { LogSystems } from './systems';

/** Makes every activity of a worker that serves these logs, by their names. */
export function createActivities(logs: ReadonlyMap<string, LogSystems>): Actions & Observations & Pruning {
  const systemsOf = (log: string): LogSystems => {
    const systems = logs.get(log);
    if (systems) {
      return systems;
    }
    const known = [...logs.keys()];
    const nearest = known.find((name) => distance(name, log) <= 3);
    throw refuse('UNKNOWN_LOG', { log, known, ...(nearest && { nearest }) });
  };

  /** Makes an activity. A refusal of it is final where `final` says so; what cannot be reached is asked for `patienceMs`. */
  const activity =
    (final: boolean, patienceMs?: number) =>
    <Input extends OfLog, Result>(name: string, act: Act<Input, Result>) =>
    (input: Input): Promise<Result> =>
      asFailure(name, final, (steps) => {
        const systems = systemsOf('log' in input ? input.log : input.identity.log);
        return withinBounds(name, steps, (bounds) =>
          retryWhileUnreachable(bounds, () => act({ ...systems, bounds }, input), patienceMs),
        );
      });

  /** An activity that refuses for good what its catalogue code says; it is not repeated then. */
  const step = activity(true);

  /** An activity that must succeed in the end, an undo or one that goes forward: whatever it finds is worth another try. */
  const mustSucceed = activity(false);

  /** The same, behind the point of no return: long ones, so that what stays away is soon told to a person. */
  const afterExposure = activity(false, AFTER_EXPOSURE_PATIENCE_MS);

  return {
    preflight: step('preflight', preflight),
    lockHolder: (log) => asFailure('preflight', true, () => lockHolder(Context.current().client, log)),
    criticalSectionRuns: (log) =>
      asFailure('preflight', true, () => criticalSectionRuns(Context.current().client, log)),
    leftovers: step('preflight', leftovers),
    guard: step('guard', (systems, input: { readonly log: string }) =>
      guard(systems, Context.current().client, input),
    ),
    retiredTrees: step('prune', retiredTrees),
    deleteRetiredTree: step('prune', deleteRetiredTree),
    byHand: step('held', byHand),
    superseding: afterExposure('supersede', superseding),
    createNextTree: step('createTree', onlyWithoutOpenSection(createNextTree)),
    retireNextTree: mustSucceed('undo createTree', retireNextTree),
    stage: step('stage', onlyWithoutOpenSection(stage)),
    discard: mustSucceed('undo stage', discard),
    holdAndFreeze: step('hold', holdAndFreeze),
    allowWritesToCurrent: mustSucceed('undo freeze', allowWritesToCurrent),
    sendToCurrent: mustSucceed('undo hold', sendToCurrent),
    stop: mustSucceed('undo start', stop),
    openAndExpose: step('verify', openAndExpose),
    goForward: mustSucceed('forward', goForward),
    closeNextTree: mustSucceed('undo verify', closeNextTree),
    lookBack: mustSucceed('look back', lookBack),
    confirm: afterExposure('confirm', confirm),
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

/** A step that prepares begins once no critical section of the log is open: a rotation that was reset may have left one (H7). */
function onlyWithoutOpenSection<Input, Result>(act: Act<Input, Result>): Act<Input, Result> {
  return async (systems, input) => {
    while (await criticalSectionRuns(Context.current().client, systems.log)) {
      await pause(LOOK_EVERY_MS, systems.bounds.signal);
    }
    return await act(systems, input);
  };
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
): Promise<Result> {
  const steps: KeptSteps = { times: {}, began: [] };
  try {
    return await act(steps);
  } catch (error) {
    if (error instanceof CancelledFailure) {
      // Before its first step it cannot say whether an earlier run of it, which was reset, had begun one (H7).
      throw steps.began.length > 0
        ? new CancelledFailure('CANCELLED', [null, steps])
        : new CancelledFailure('CANCELLED');
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
      nonRetryable: foreseen && (isDecisive(reason) || (final && !(error instanceof CallOutcomeUnknown))),
      details: [reason, steps],
    });
  }
}
