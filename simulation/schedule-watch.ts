import type { Order } from '../gate/orders';
import { CRITICAL_SECTION, ROTATE_LOG, ROTATE_UNDER_LOCK, SCHEDULED_ROTATION } from '../workflows/messages';
import type { CriticalSectionInput } from '../workflows/model/actions';
import type { Beginning } from '../workflows/model/beginning';
import { fenceOf } from '../workflows/model/fencing';
import type { Intervention } from '../workflows/model/instruction';
import type { RotationResult } from '../workflows/model/result';
import type { ScheduledResult } from '../workflows/model/scheduled';
import type { LogSchedules } from './log-schedules';
import type { PersonParts } from './person';
import type { ScheduleScenario } from './schedule-scenario';
import { valueOf } from './temporal/conversion';
import type { Execution } from './temporal/execution';

/** So long after its window's end a rotation begins at the latest, as docs/schedules.md promises; milliseconds. */
const LATE_MS = 60_000;

/** So long after it no write is held any more, which an activity asks its clock just before; milliseconds. */
const LATE_HOLD_MS = 3_600_000 + 1_000;

/** What a window of counted writes is longer than the minutes of the lull at most: a gap between two counts. Milliseconds. */
const LONGEST_GAP_MS = 20_000;

/** A count is taken some moments before or after it is dated: so much of a lull's minute is not looked at. Milliseconds. */
const UNSURE_MS = 5_000;

/** The first change of a rotation: with it, it has begun. */
const FIRST_CHANGE = 'createNextTree';

/** Holds when rotations begin, and what scheduled runs say at their end, against rule 10. */
export class ScheduleWatch {
  /** How the runs of schedules have ended: an outcome, or why they were skipped or refused. */
  readonly ends: string[] = [];
  readonly #parts: PersonParts;
  readonly #schedules: LogSchedules | undefined;
  readonly #told: ReadonlySet<string>;

  /** @param told which instructions people have given. */
  constructor(parts: PersonParts, schedules: LogSchedules | undefined, told: ReadonlySet<string>) {
    this.#parts = parts;
    this.#schedules = schedules;
    this.#told = told;
  }

  /** The gate follows an order: writes wait from now on. */
  onOrder({ kind, order }: Order): void {
    const { world, watch } = this.#parts;
    const section = world.temporal.open().find(({ options }) => options.type === CRITICAL_SECTION);
    if (kind !== 'hold' || !section || this.#told.has('holdAfter') || this.#told.has('goNow')) {
      return;
    }
    const [{ identity, release }] = section.options.args.map(valueOf) as [CriticalSectionInput];
    // Its undo holds writes, too; and what goes forward must come to an end, whenever that is.
    if (order.number !== fenceOf(identity).act || release.supersedes) {
      return;
    }
    const asked = this.#parentOf(this.#parentOf(section));
    const [request] = (asked?.options.args ?? []).map(valueOf) as [{ readonly begin?: Beginning }?];
    const lateMs = world.time.now - Date.parse(request?.begin?.notAfter ?? '');
    if (lateMs > LATE_HOLD_MS) {
      watch.broken(10, `writes are held ${lateMs} ms after the rotation was to begin`);
    }
  }

  /** A workflow asks for an activity. */
  onAsked(execution: Execution, activity: string): void {
    if (execution.options.type !== ROTATE_UNDER_LOCK || activity !== FIRST_CHANGE) {
      return;
    }
    const asked = execution.history
      .flatMap(({ commands }) => commands)
      .filter(({ scheduleActivity }) => scheduleActivity?.activityType === FIRST_CHANGE);
    // Another attempt, or a third tree, belongs to what has begun.
    if (asked.length === 1) {
      this.#begins(execution, execution.history.at(-1)?.at ?? 0);
    }
  }

  /** @param at by the clock of the workflow, when it decided to begin. */
  #begins(execution: Execution, at: number): void {
    const { world, watch } = this.#parts;
    const others = world.temporal
      .open()
      .filter(({ options }) => options.type === ROTATE_UNDER_LOCK || options.type === 'recoverUnderLock');
    if (others.length > 1) {
      watch.broken(10, `${others.map(({ workflowId }) => workflowId).join(' and ')} rotate the log at once`);
    }
    const asked = this.#parentOf(execution);
    const [input] = execution.options.args.map(valueOf) as [{ readonly interventions?: Intervention[] }];
    // A person may say that it is not to wait any more.
    if (!asked || input.interventions?.some(({ instruction }) => instruction === 'goNow')) {
      return;
    }
    const [request] = asked.options.args.map(valueOf) as [{ readonly begin?: Beginning }];
    const { notBefore, notAfter } = request.begin ?? {};
    if (notBefore !== undefined && at < Date.parse(notBefore)) {
      watch.broken(10, `a rotation began ${Date.parse(notBefore) - at} ms before ${notBefore}`);
    }
    if (notAfter !== undefined && at > Date.parse(notAfter) + LATE_MS) {
      watch.broken(10, `a rotation began ${at - Date.parse(notAfter)} ms after ${notAfter}`);
    }
    const run = this.#parentOf(asked);
    const schedule = run && this.#schedules?.scheduleOf(run);
    if (schedule) {
      this.#beginsBySchedule(schedule, at);
    }
  }

  #beginsBySchedule({ policy, open, due }: ScheduleScenario, at: number): void {
    const { world, watch, injection } = this.#parts;
    if (!due) {
      watch.broken(10, 'a schedule rotated a log that is not due');
    }
    const span = open.findLast(({ opensAt }) => opensAt <= at);
    if (!span || at > span.closesAt + LATE_MS) {
      const windows = open.map(({ opensAt, closesAt }) => `${iso(opensAt)} to ${iso(closesAt)}`);
      watch.broken(
        10,
        `a schedule rotated at ${iso(at)}, outside of its windows (${windows.join(', ') || 'none'})`,
      );
      return;
    }
    const [first] = world.trillian.trees.get(injection.others.servingTree())?.leaves ?? [];
    const since = first?.integratedAt ?? -Infinity;
    // A run that was reset finds, and says, that its own rotation has been made.
    const wasReset = injection.happenings.interfered.has('reset');
    if (policy.windows && since >= span.opensAt && !wasReset) {
      watch.broken(10, `a schedule rotated a log whose shard began in the same window, at ${iso(since)}`);
    }
  }

  #parentOf(execution: Execution | undefined): Execution | undefined {
    const parent = execution?.options.parent;
    return this.#parts.world.temporal.runs.findLast(
      ({ workflowId, originalRunId }) =>
        workflowId === parent?.workflowId && originalRunId === parent.originalRunId,
    );
  }

  /** What the runs say once they are over: why they rotated or not, and, where they waited for a lull, what they saw. */
  judge(since: number): void {
    const { world, scenario } = this.#parts;
    const runs = world.temporal.runs.filter(({ startedAt }) => startedAt >= since);
    for (const run of runs.filter(({ options }) => options.type === SCHEDULED_ROTATION)) {
      this.#judgeRun(run, valueOf(run.result) as ScheduledResult | undefined);
    }
    for (const run of runs.filter(({ options }) => options.type === ROTATE_LOG)) {
      this.#judgeLull(valueOf(run.result) as RotationResult | undefined);
    }
    // A shard that an earlier rotation has made in the window is not rotated in it again.
    if (scenario.quiet && !scenario.rotatedBefore && scenario.schedules?.schedules.some(comesInTime)) {
      this.#judgeQuiet(runs);
    }
  }

  #judgeRun(run: Execution, result: ScheduledResult | undefined): void {
    const { watch, injection } = this.#parts;
    const { interfered } = injection.happenings;
    const byForce = interfered.has('terminate') || interfered.has('reset') || interfered.has('lost');
    this.ends.push(result?.refusals[0]?.code ?? result?.outcome ?? run.status.toLowerCase());
    if (run.status !== 'COMPLETED' || !result) {
      if (!byForce) {
        watch.broken(5, `${run.workflowId} ended ${run.status}: ${run.failure?.message ?? 'without a word'}`);
      }
      return;
    }
    const { outcome, reason, refusals, rotation } = result;
    const rotated = outcome === 'completed' || outcome === 'superseded';
    if (reason === '' || (!rotated && refusals.length === 0)) {
      watch.broken(10, `${run.workflowId} ended ${outcome} and does not say why`);
    }
    if (refusals.some(({ code }) => code === 'REQUEST_INVALID' || code === 'INTERNAL')) {
      watch.broken(10, `${run.workflowId} ended ${outcome} by a fault of its own: ${reason}`);
    }
    if (rotated && !rotation) {
      watch.broken(10, `${run.workflowId} ended ${outcome} and names no rotation`);
    }
    if (outcome === 'skipped' && rotation?.steps.length) {
      watch.broken(10, `${run.workflowId} ended skipped, and its rotation did something: ${reason}`);
    }
  }

  /** Where a rotation says that it saw a lull, its clients wrote no more than that. */
  #judgeLull(result: RotationResult | undefined): void {
    const { watched } = result ?? {};
    if (!watched?.lull || watched.mostPerMinute === null) {
      return;
    }
    const { world, watch } = this.#parts;
    const to = Date.parse(watched.to) - UNSURE_MS;
    const from = Date.parse(watched.to) - 60_000 + UNSURE_MS;
    const written = world.traffic.acknowledged.filter(
      ({ at, direct }) => direct === undefined && from <= at && at < to,
    );
    const most = (watched.mostPerMinute * (60_000 + LONGEST_GAP_MS)) / 60_000;
    if (written.length > most) {
      watch.broken(
        10,
        `it says that it saw a lull of ${watched.mostPerMinute} writes a minute, and there were ${written.length}`,
      );
    }
  }

  #judgeQuiet(runs: readonly Execution[]): void {
    const ended = runs.map(({ result }) => valueOf(result) as Partial<ScheduledResult> | undefined);
    if (!ended.some((result) => result?.outcome === 'completed')) {
      const reasons = ended.map((result) => result?.reason ?? 'without a word');
      this.#parts.watch.broken(10, `nothing went wrong, and no schedule rotated: ${reasons.join('; ')}`);
    }
  }
}

/** Whether it fires so that there is time enough for a lull and a rotation. */
function comesInTime({ open, firesAt }: ScheduleScenario): boolean {
  return firesAt.some((time) =>
    open.some(
      ({ opensAt, closesAt }) => opensAt <= time + 3_600_000 && closesAt - Math.max(time, opensAt) > 240_000,
    ),
  );
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
