import { Context } from '@temporalio/activity';
import type { CriticalInput } from '../../workflows/model/actions';
import type { UnansweredChange } from '../clients/call-bounds';
import { errorTrail } from '../errors/error-reason';
import type { Act } from '../steps/act';
import type { OpenIntents, SectionIntents } from './intents';

/**
 * A critical section of which it is kept what it has begun, and until when its unanswered changes may land: before it acts, each
 * time. Should this process be killed, whoever is started after it need not wait for the end of the section's time. Orders to a gate, and
 * those that lead a Service, are not among them: their numbers fence those.
 *
 * @param intents absent where nothing is kept.
 */
export function keepingIntents<Result>(
  intents: SectionIntents | undefined,
  act: Act<CriticalInput, Result>,
): Act<CriticalInput, Result> {
  return async (systems, input) => {
    const open = intents && (await begun(intents, systems.log));
    if (!open) {
      return await act(systems, input);
    }
    const { bounds } = systems;
    const unanswered = new Set<UnansweredChange>();
    const commands = new Set<object>();
    const keep = (): void =>
      open.keep({
        began: bounds.steps.began,
        mayLandUntil: Math.max(0, ...[...unanswered].map((change) => change.mayLandUntil)),
        commandRuns: commands.size > 0,
      });
    const kept: typeof bounds = {
      ...bounds,
      unanswered: keptIn(unanswered, keep, bounds.unanswered),
      commands: keptIn(commands, keep),
      step: (name, doIt) =>
        bounds.step(name, () => {
          keep();
          return doIt();
        }),
    };
    try {
      return await act({ ...systems, bounds: kept }, input);
    } finally {
      // While a change may land this process does not say how it ended, and may be killed before.
      if (unanswered.size > 0) open.leave();
      else ended(open, systems.log);
    }
  };
}

/** A set of which each change is kept before anything follows from it; `also` hears of it, too. */
function keptIn<Item extends object>(
  items: Set<Item>,
  keep: () => void,
  also?: { add(item: Item): void; delete(item: Item): void },
) {
  return {
    add: (item: Item): void => {
      items.add(item);
      also?.add(item);
      keep();
    },
    delete: (item: Item): void => {
      items.delete(item);
      also?.delete(item);
      keep();
    },
  };
}

/** The section has come to its end whether or not that can be kept; nobody is told of it while this process lives. */
function ended(open: OpenIntents, log: string): void {
  try {
    open.end();
  } catch (error) {
    Context.current().log.warn('The end of the critical section is not kept', {
      log,
      trail: errorTrail(error),
    });
  }
}

/** A worker that cannot keep anything rotates all the same: after a kill, the section's time is waited for. */
async function begun(intents: SectionIntents, log: string): Promise<OpenIntents | undefined> {
  const { base64TaskToken: taskToken, workflowExecution } = Context.current().info;
  try {
    return workflowExecution && (await intents.begin(log, { taskToken, ...workflowExecution }));
  } catch (error) {
    Context.current().log.warn('Nothing is kept of the critical section', { log, trail: errorTrail(error) });
    return undefined;
  }
}
