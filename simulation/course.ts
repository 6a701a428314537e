import { GUARD_EVERY_MS, isLook, type GuardSchedule } from './guard-schedule';
import type { LogSchedules } from './log-schedules';
import type { Operators } from './operators';
import type { Person, PersonParts } from './person';
import { resultsOf, type WorkflowResult } from './results';
import type { ScheduleWatch } from './schedule-watch';
import type { TemporalServer } from './temporal/server';
import { judgeEnd, snapshotOf, type Ended } from './verdict';
import { LOG } from './world/world';

/** For so long clients are busy. */
const BUSY_MS = 25_000;
/** An activity whose workflow is gone may act until it hears of that. */
const HEARS_WITHIN_MS = 2_000;
/** What has not ended by then never ends. */
const LONGEST_MS = 1_800_000;
/** Rule 8: an alarm within five minutes, and a guardian's look more. */
const ALARM_WITHIN_MS = 300_000;

/** Who and what takes part in a run. */
export interface CourseParts extends PersonParts {
  readonly person: Person;
  readonly guard: GuardSchedule;
  readonly operators: Operators;
  /** Absent: the log has none. */
  readonly schedules: LogSchedules | undefined;
  readonly scheduleWatch: ScheduleWatch;
  /** What clients saw fail. */
  readonly failed: readonly string[];
}

/** What happens in a run, one after the other: clients, rotations with their faults, the verdict, and what comes late. */
export class Course {
  /** What the rotations came to, once they are over. */
  results: readonly WorkflowResult[] = [];
  readonly #parts: CourseParts;

  constructor(parts: CourseParts) {
    this.#parts = parts;
  }

  /** Resolves when everything has happened and is judged. */
  async run(): Promise<void> {
    const { world, scenario, watch, injection, guard, operators, random, failed, inBackground } = this.#parts;
    const { schedules, scheduleWatch } = this.#parts;
    const { time, temporal, traffic, trace } = world;
    await world.begin(scenario.workers);
    schedules?.makeOld();
    traffic.start();
    // Long waits are dull: a few writes show as much.
    time.after(BUSY_MS, () => traffic.slowDown(1), null);
    if (scenario.racy) {
      Object.assign(world.trillian.slowness, { queueLeafMs: [2, 150], passMs: [5, 350] });
      inBackground(traffic.writePastFor(world.installation.releases[0], BUSY_MS));
    }
    await time.pass(300);
    trace(() => `scenario ${JSON.stringify(scenario)}`);
    if (scenario.rotatedBefore) {
      temporal.start('rotateLog', { workflowId: 'rotate-0', args: [{ log: LOG }] });
      await this.#ended();
    }
    // A rotation before it is history, and is not judged.
    const mainFrom = time.now;
    watch.closedByRotation = false;
    injection.begins();
    let before = snapshotOf(world);
    operators.onDeploy = () => (before = snapshotOf(world));
    operators.begin();
    guard.begin(random.between(2_000, GUARD_EVERY_MS));
    const byHand = (): void => {
      temporal.start('rotateLog', { workflowId: 'rotate-1', args: [operators.request] });
    };
    if (schedules) {
      await schedules.run(byHand);
    } else {
      byHand();
    }
    await this.#ended(schedules?.waitsUntil);
    if (scenario.again && injection.others.changes.length === 0) {
      injection.mend();
      trace(() => 'a second rotation');
      // The first one may have been terminated once it was through: then the second one is taken back to where that got.
      const now = snapshotOf(world);
      const servesAnother = now.servedTree !== undefined && now.servedTree !== before.servedTree;
      if (now.instance !== before.instance || servesAnother) {
        before = now;
      }
      temporal.start('rotateLog', { workflowId: 'rotate-2', args: [{ log: LOG }] });
      await this.#ended();
    }
    await time.pass(1_500);
    injection.mend();
    // What a fault has reset meanwhile is not over yet.
    if (rotationRuns(temporal)) {
      await this.#ended();
    }
    await this.#restarted();
    this.results = resultsOf(world, mainFrom);
    operators.judge(this.results);
    scheduleWatch.judge(mainFrom);
    const ended: Ended = { world, watch, injection, scenario, before, results: this.results, failed };
    await judgeEnd(ended);
    await this.#afterTheEnd(ended);
    traffic.stop();
  }

  /** What happens when it is over: late calls, restarts, stale deploys; each must raise an alarm if it does harm. */
  async #afterTheEnd(ended: Ended): Promise<void> {
    const { world, scenario, watch, injection, person, random } = this.#parts;
    const { time, traffic } = world;
    const faults = scenario.faults.filter(({ step }) => step === 'after the end');
    const kept = injection.kept.splice(0);
    if (faults.length + kept.length === 0 || watch.violations.length > 0) {
      return;
    }
    traffic.slowDown(1);
    person.late = true;
    const since = time.now;
    for (const land of kept) {
      world.trace(() => 'a call lands after the end');
      watch.openedByOthers = true;
      await land().catch(() => undefined);
      await time.pass(200);
    }
    for (const fault of faults) {
      await injection.afterTheEnd(fault);
      await time.pass(random.between(100, 4_000));
    }
    await this.#ended();
    await time.pass(5_000);
    await judgeEnd({
      ...ended,
      late: { since, alarmed: () => person.alarmed(since) },
      alarmWithinMs: ALARM_WITHIN_MS,
    });
  }

  /**
   * Waits until nothing of a rotation runs any more and nothing is left that a guardian or a person would finish. Whoever
   * reads the guardian's alarms mends what keeps it from that.
   *
   * @param waitsUntil until then a rotation may wait to begin.
   */
  async #ended(waitsUntil = 0): Promise<void> {
    const { world, scenario, injection, person } = this.#parts;
    const { time, temporal } = world;
    let quietSince = time.now;
    let cleanSince = time.now;
    let mended = false;
    const until = Math.max(time.now, waitsUntil) + LONGEST_MS;
    for (;;) {
      await time.pass(100);
      if (time.now > until) {
        return;
      }
      if (rotationRuns(temporal)) {
        quietSince = cleanSince = time.now;
        continue;
      }
      if (person.leavesItSo) {
        return;
      }
      if (snapshotOf(world).leftovers.length > 0) {
        cleanSince = time.now;
      }
      if (time.now - cleanSince > HEARS_WITHIN_MS) {
        return;
      }
      if (time.now - quietSince > 2 * GUARD_EVERY_MS + 10_000) {
        if (mended) {
          return;
        }
        mended = true;
        injection.mend();
        quietSince = time.now;
      }
      if (!scenario.recovers && time.now - quietSince > GUARD_EVERY_MS + 10_000) {
        quietSince = time.now;
        temporal.start('recoverLog', {
          workflowId: `recover-by-hand-${Math.round(time.elapsed)}`,
          args: [{ log: LOG }],
        });
      }
    }
  }

  /**
   * Whatever died by a fault of its own is started again by whoever watches over it. And a gate that was stopped, and then obeys an
   * order that came late, goes on by itself when its lease is over.
   */
  async #restarted(): Promise<void> {
    const { time, front, installation } = this.#parts.world;
    for (let waited = 0; waited < 10_000; waited += 100) {
      const [instance] = front.instances;
      if (front.mode === 'pass' && instance !== undefined && installation.at(instance)) {
        return;
      }
      await time.pass(100);
    }
  }
}

/** Whether any workflow is open but the guardian's looks, of which there is always another one. */
function rotationRuns(temporal: TemporalServer): boolean {
  return !temporal.open().every(isLook);
}
