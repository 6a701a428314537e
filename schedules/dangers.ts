import { ROTATE_LOG, SCHEDULED_ROTATION } from '../workflows/messages';
import { policyProblems } from '../workflows/model/schedule-policy';
import { zoneProblem } from './local-time';

/** A schedule of Temporal that rotates a log, as far as it is judged here. */
export interface RotationSchedule {
  readonly scheduleId: string;
  readonly workflowType: string;
  /** The id of the workflows that it starts, before the time that Temporal adds. */
  readonly workflowId: string;
  readonly taskQueue: string;
  /** The first argument that it gives them; anything, since a person may have typed it. */
  readonly input: unknown;
  readonly overlap: string;
  readonly catchUpMs: number;
  readonly paused: boolean;
  /** How often it will still fire; absent without such a limit. */
  readonly remaining?: number;
}

/** The workflow types by which a schedule rotates a log. */
export const rotatingTypes: readonly string[] = [SCHEDULED_ROTATION, ROTATE_LOG];

/** A run that is made up for after more than this is likely to surprise somebody; milliseconds. */
const MOST_CATCH_UP_MS = 24 * 3_600_000;

/** The log that a schedule is about; undefined when its input does not say. */
export function logOf({ input }: Pick<RotationSchedule, 'input'>): string | undefined {
  const { log }: { readonly log?: unknown } = { ...(input as object) };
  return typeof log === 'string' ? log : undefined;
}

/**
 * What is dangerous in how a schedule is set, in sentences. Temporal's UI and its CLI set nothing of this safely by themselves.
 *
 * @param all every schedule that rotates a log, this one too.
 * @param known the logs of the configuration; undefined where nobody knows them.
 */
export function dangersOf(
  schedule: RotationSchedule,
  all: readonly RotationSchedule[],
  known?: readonly string[],
): string[] {
  const { workflowType, workflowId, input, overlap, catchUpMs, remaining } = schedule;
  const log = logOf(schedule);
  const others = all.filter(({ scheduleId }) => scheduleId !== schedule.scheduleId);
  const named = (those: readonly RotationSchedule[]): string =>
    those.map(({ scheduleId }) => scheduleId).join(', ');
  const ofLog = others.filter((other) => log !== undefined && logOf(other) === log);
  const withId = others.filter((other) => other.workflowId === workflowId);
  const found: (string | undefined)[] = [
    ...(workflowType === SCHEDULED_ROTATION ? problemsOf(input) : [directly(input)]),
    log !== undefined && known && !known.includes(log)
      ? `The worker knows no log ${log}; its configuration has ${known.join(', ')}.`
      : undefined,
    overlap === 'SKIP' || overlap === 'BUFFER_ONE'
      ? undefined
      : `Its overlap policy is ${overlap}, so that it does not leave a running one alone. SKIP does.`,
    catchUpMs > MOST_CATCH_UP_MS
      ? `After an outage it makes up for a time that was missed up to ${Math.round(catchUpMs / 3_600_000)} h ago (catch-up window). Some hours are enough.`
      : undefined,
    ofLog.length > 0
      ? `Another schedule rotates ${log ?? ''} as well: ${named(ofLog)}. Each begins a rotation that the other knows nothing of.`
      : undefined,
    withId.length > 0
      ? `It shares the workflow id ${workflowId} with ${named(withId)}: where both fire in one second, Temporal drops one run and counts it nowhere.`
      : undefined,
    remaining === 0 ? 'It has no firing left (remaining actions), so it does nothing any more.' : undefined,
  ];
  return found.filter((danger) => danger !== undefined);
}

function problemsOf(input: unknown): string[] {
  const { timeZone }: { readonly timeZone?: unknown } = { ...(input as object) };
  const zone = typeof timeZone === 'string' ? zoneProblem(timeZone) : undefined;
  return [
    ...policyProblems(input).map(({ message }) => `Each of its runs fails. ${message}`),
    ...(zone === undefined ? [] : [`Each of its runs fails: there is no time zone "${String(timeZone)}".`]),
  ];
}

/** A rotation that is started without a window begins whenever Temporal starts it. */
function directly(input: unknown): string | undefined {
  const { begin, dryRun }: { readonly begin?: unknown; readonly dryRun?: unknown } = { ...(input as object) };
  return begin === undefined && dryRun !== true
    ? `It starts ${ROTATE_LOG} without a window: after an outage a rotation begins as soon as Temporal is back, and it begins whether or not one is due. Let it start ${SCHEDULED_ROTATION}.`
    : undefined;
}
