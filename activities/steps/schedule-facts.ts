import type { DueFigures, OpenWindow, ScheduleFacts } from '../../workflows/model/scheduled';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { invalid } from '../../workflows/model/fields';
import {
  policyProblems as problemsOfPolicy,
  type SchedulePolicy,
} from '../../workflows/model/schedule-policy';
import { localText, utcText, zoneOf, zoneProblem } from '../../schedules/local-time';
import { lastOpen, nextOpen, windowsOf, type Span } from '../../schedules/windows';
import { headOrEmpty } from '../empty-tree';
import { foundOrRefused } from '../errors/refusal-error';
import { unknownLog } from '../errors/unknown-log';
import { readInstallation } from '../installation/installation';
import type { BoundSystems } from '../systems';
import type { Act } from './act';

/** Everything that is wrong with a policy, also what only Intl and the configuration know. */
export function policyProblems(input: unknown, known: readonly string[]): Refusal[] {
  const { log, timeZone }: Partial<Record<keyof SchedulePolicy, unknown>> = { ...(input as object) };
  const zone = typeof timeZone === 'string' ? zoneProblem(timeZone) : undefined;
  return [
    ...problemsOfPolicy(input),
    ...(zone === undefined ? [] : [invalid('timeZone', timeZone, zone)]),
    ...(typeof log === 'string' && log !== '' && !known.includes(log) ? [unknownLog(log, known)] : []),
  ];
}

/** Whether a rotation is due and when it may begin: by the log's own state, and by this worker's clock. */
export const scheduleFacts: Act<SchedulePolicy, ScheduleFacts> = async (systems, policy) => {
  const { traffic, installation, bounds } = systems;
  const { instances } = await traffic.state(bounds.signal);
  const { activeTreeId } = await readInstallation(installation, instances, bounds.signal);
  const now = Date.now();
  const windows = windowsOf(policy);
  const { timeZone } = windows;
  const window = nextOpen(windows, now);
  const closed = lastOpen(windows, now);
  return {
    now: new Date(now).toISOString(),
    activeTree: activeTreeId,
    figures: await figuresOf(systems, policy, {
      activeTreeId,
      timeZone,
      at: Math.max(now, window?.opensAt ?? 0),
    }),
    window: window && openWindow(window, timeZone),
    closedWindow: closed && spanText(closed, timeZone),
  };
};

async function figuresOf(
  systems: BoundSystems,
  { due }: SchedulePolicy,
  {
    activeTreeId,
    timeZone,
    at,
  }: { readonly activeTreeId: string; readonly timeZone: string; readonly at: number },
): Promise<DueFigures> {
  const { trillian, bounds } = systems;
  const { size } = await headOrEmpty(trillian, activeTreeId, bounds);
  const [first] = size === 0 ? [] : await trillian.leavesByRange(activeTreeId, 0, 1, bounds);
  const zone = zoneOf(timeZone);
  const database = due?.databaseBytes === undefined ? null : await databaseBytes(systems);
  return {
    entries: size,
    activeSince: first ? new Date(first.integratedAtMs).toISOString() : null,
    // Days of the calendar: a rotation takes some minutes, and a week later it is those minutes short of seven days.
    ageDays: first ? Math.max(zone.dayAt(at) - zone.dayAt(first.integratedAtMs), 0) : 0,
    databaseBytes: database?.found ?? null,
    unread: database?.refusal ? [database.refusal] : [],
  };
}

/** Its size, or why it is not known: another figure may make a rotation due all the same. */
async function databaseBytes({
  log,
  queue,
  bounds,
}: BoundSystems): Promise<{ readonly found: number | null; readonly refusal: Refusal | null }> {
  return queue
    ? await foundOrRefused(() => queue.databaseBytes(bounds.signal))
    : { found: null, refusal: refusal('DATABASE_NOT_CONFIGURED', { log }) };
}

function openWindow(span: Span, timeZone: string): OpenWindow {
  return {
    opensAt: new Date(span.opensAt).toISOString(),
    closesAt: new Date(span.closesAt).toISOString(),
    text: spanText(span, timeZone),
  };
}

/** A window for people, in their hours and in UTC. */
function spanText({ opensAt, closesAt }: Span, timeZone: string): string {
  const local = `${localText(opensAt, timeZone)} to ${localText(closesAt, timeZone)}`;
  return timeZone === 'UTC' ? local : `${local} (${utcText(opensAt)} to ${utcText(closesAt)})`;
}
