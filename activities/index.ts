import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { distance } from 'fastest-levenshtein';
import type { Changes, Observations } from '../workflows/model/changes';
import { refusal } from '../workflows/model/refusals';
import { type Attempt, inAttempt, persistently } from './attempt';
import { errorReason } from './error-reason';
import { refuse, RefusalError } from './refusal-error';
import { holdAndFreeze, openAndExpose } from './steps/critical-section';
import { allowWritesToCurrent } from './steps/current-tree';
import { lockHolder } from './steps/lock';
import { confirm, soak } from './steps/log-checks';
import { discard, settle, stage, stop } from './steps/next-release';
import { closeNextTree, createNextTree, retireNextTree } from './steps/next-tree';
import { preflight } from './steps/preflight';
import { releaseToCurrent } from './steps/writes';
import type { LogSystems } from './systems';

/** Makes every activity of a worker that serves these logs, by their names. */
export function createActivities(logs: ReadonlyMap<string, LogSystems>): Changes & Observations {
  const systemsOf = (log: string): LogSystems => {
    const systems = logs.get(log);
    if (systems) {
      return systems;
    }
    const known = [...logs.keys()];
    const nearest = known.find((name) => distance(name, log) <= 3);
    throw refuse('UNKNOWN_LOG', { log, known, ...(nearest && { nearest }) });
  };

  /** An activity that refuses for good what its catalogue code says; Temporal does not repeat it. */
  const step =
    <Order, Result>(name: string, logOf: (order: Order) => string, act: Act<Order, Result>) =>
    (order: Order): Promise<Result> =>
      crossing(name, true, (times) => attempted(name, times, systemsOf(logOf(order)), order, act));

  /** An activity that must succeed in the end: whatever it finds, Temporal repeats it. */
  const undo =
    <Order, Result>(name: string, logOf: (order: Order) => string, act: Act<Order, Result>) =>
    (order: Order): Promise<Result> =>
      crossing(name, false, (times) => attempted(name, times, systemsOf(logOf(order)), order, act));

  const ofIdentity = (order: { readonly identity: { readonly log: string } }): string => order.identity.log;
  const ofLog = (order: { readonly log: string }): string => order.log;

  return {
    preflight: step('preflight', ofLog, preflight),
    lockHolder: (log) => crossing('preflight', true, () => lockHolder(Context.current().client, log)),
    createNextTree: step('createTree', ofLog, createNextTree),
    retireNextTree: undo('undo createTree', ofLog, retireNextTree),
    stage: step('stage', ofIdentity, stage),
    discard: undo('undo stage', ofIdentity, discard),
    holdAndFreeze: step('hold', ofIdentity, holdAndFreeze),
    allowWritesToCurrent: undo('undo freeze', ofIdentity, allowWritesToCurrent),
    releaseToCurrent: undo('undo hold', ofIdentity, releaseToCurrent),
    stop: undo('undo start', ofIdentity, stop),
    openAndExpose: step('verify', ofIdentity, openAndExpose),
    closeNextTree: undo('undo verify', ofIdentity, closeNextTree),
    confirm: step('confirm', ofIdentity, confirm),
    settle: step('settle', ofIdentity, settle),
    soak: step('soak', ofIdentity, soak),
  };
}

type Act<Order, Result> = (systems: LogSystems, order: Order, attempt: Attempt) => Promise<Result>;

function attempted<Order, Result>(
  name: string,
  times: Record<string, number>,
  systems: LogSystems,
  order: Order,
  act: Act<Order, Result>,
): Promise<Result> {
  return inAttempt(name, times, (attempt) => persistently(attempt, () => act(systems, order, attempt)));
}

/**
 * Only words of the catalogue cross to the workflow, as failures whose type is the code, with the times of the steps that
 * were done before. A refusal is final where `final` says so; what nobody foresaw may be worth another attempt.
 */
async function crossing<Result>(
  name: string,
  final: boolean,
  act: (times: Record<string, number>) => Promise<Result>,
): Promise<Result> {
  const times: Record<string, number> = {};
  try {
    return await act(times);
  } catch (error) {
    if (error instanceof CancelledFailure) {
      throw error;
    }
    const foreseen = error instanceof RefusalError;
    const reason = foreseen ? error.refusal : refusal('INTERNAL', { step: name, reason: errorReason(error) });
    throw ApplicationFailure.create({
      message: reason.message,
      type: reason.code,
      nonRetryable: final && foreseen,
      details: [reason, times],
      ...(error instanceof Error && { cause: error }),
    });
  }
}
