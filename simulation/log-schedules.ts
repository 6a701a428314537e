import { SCHEDULED_ROTATION } from '../workflows/messages';
import type { PersonParts } from './person';
import type { ScheduleScenario, SchedulesScenario } from './schedule-scenario';
import type { Execution } from './temporal/execution';

/** A run waits so long for a window, as docs/schedules.md says; milliseconds. */
const SOON_MS = 3 * 3_600_000;

/** Younger than what makes it due by its age; milliseconds. */
const AGE_MS = 2 * 86_400_000;

/** One of the times at which a schedule fires. */
interface Firing {
  readonly schedule: number;
  readonly nominal: number;
}

/**
 * The schedules of a log, as Temporal fires them: under the policy SKIP, and, when it was down, once it is back, for the
 * oldest time that it has missed and still makes up for.
 */
export class LogSchedules {
  readonly #parts: PersonParts;
  readonly #scenario: SchedulesScenario;
  #missed: Firing[] = [];
  #down = false;

  constructor(parts: PersonParts, scenario: SchedulesScenario) {
    this.#parts = parts;
    this.#scenario = scenario;
  }

  /** The log is older than the run: its shard began in no window that is open now. */
  makeOld(): void {
    for (const { leaves } of this.#parts.world.trees()) {
      for (const leaf of leaves) leaf.integratedAt = (leaf.integratedAt ?? 0) - AGE_MS;
    }
  }

  /** Resolves when nothing fires any more and everybody is back. */
  async run(byHand: () => void): Promise<void> {
    const { world } = this.#parts;
    const { beginsAt, schedules, byHandAfterMs, away, quiet } = this.#scenario;
    const { time, traffic } = world;
    const at = (when: number, act: () => void): void => void time.after(when - time.now, act, null);
    at(beginsAt + quiet.fromMs, () => traffic.slowDown(0.1));
    at(beginsAt + quiet.fromMs + quiet.forMs, () => traffic.slowDown(1));
    if (byHandAfterMs !== null) {
      at(beginsAt + byHandAfterMs, byHand);
    }
    if (away) {
      at(beginsAt + away.fromMs, () => this.#goesAway(away));
      at(beginsAt + away.fromMs + away.forMs, () => this.#isBack());
    }
    schedules.forEach(({ firesAt }, schedule) => {
      for (const nominal of firesAt) {
        at(nominal, () => this.#due({ schedule, nominal }));
      }
    });
    const last = Math.max(
      ...schedules.flatMap(({ firesAt }) => firesAt),
      beginsAt + (byHandAfterMs ?? 0),
      beginsAt + (away ? away.fromMs + away.forMs : 0),
    );
    await time.pass(Math.max(last - time.now, 0) + 100);
  }

  /** Until when what they started may wait: for a window to open, or for a lull until it closes. */
  get waitsUntil(): number {
    const soon = (firesAt: readonly number[]): number => Math.max(...firesAt) + SOON_MS;
    return Math.max(
      ...this.#scenario.schedules.flatMap(({ policy, open, firesAt }) =>
        open
          .filter(({ opensAt }) => opensAt <= soon(firesAt))
          .map(({ opensAt, closesAt }) => (policy.lull ? closesAt : opensAt)),
      ),
    );
  }

  /** Which schedule has started a workflow. */
  scheduleOf({ options, workflowId }: Execution): ScheduleScenario | undefined {
    const [, number = ''] = /^schedule-(\d+)-/.exec(workflowId) ?? [];
    return options.type === SCHEDULED_ROTATION ? this.#scenario.schedules[Number(number)] : undefined;
  }

  #goesAway({ who, forMs }: NonNullable<SchedulesScenario['away']>): void {
    const { world, injection } = this.#parts;
    const { temporal, time, trace } = world;
    trace(() => `${who} away for ${forMs} ms`);
    if (who === 'workers') {
      temporal.workers.forEach((worker) => injection.happenings.kill(worker, forMs));
      return;
    }
    this.#down = true;
    for (const worker of temporal.workers) {
      worker.cutOffUntil = Math.max(worker.cutOffUntil, time.now + forMs);
    }
  }

  #isBack(): void {
    this.#down = false;
    const { time } = this.#parts.world;
    const missed = this.#missed.splice(0);
    for (const [schedule, { catchUpMs }] of this.#scenario.schedules.entries()) {
      const oldest = missed.find(
        (firing) => firing.schedule === schedule && time.now - firing.nominal <= catchUpMs,
      );
      if (oldest) {
        this.#fire(oldest);
      }
    }
  }

  #due(firing: Firing): void {
    if (this.#down) {
      this.#missed.push(firing);
    } else {
      this.#fire(firing);
    }
  }

  #fire({ schedule, nominal }: Firing): void {
    const { world, injection } = this.#parts;
    const { temporal, trace } = world;
    // A Temporal that has lost everything has lost its schedules, too.
    if (injection.happenings.interfered.has('lost')) {
      return;
    }
    if (temporal.open().some(({ workflowId }) => workflowId.startsWith(`schedule-${schedule}-`))) {
      trace(() => `schedule ${schedule} fires, and its last run is open`);
      return;
    }
    // As Temporal names them: to the second, and by the time at which it should have fired.
    const workflowId = `schedule-${schedule}-${new Date(nominal).toISOString().replace(/\.\d+/, '')}`;
    const policy = this.#scenario.schedules[schedule]?.policy;
    temporal.start(SCHEDULED_ROTATION, { workflowId, args: [policy] });
  }
}
