import { Course } from './course';
import { GuardSchedule } from './guard-schedule';
import { Operators } from './operators';
import { Person } from './person';
import { Random } from './random';
import type { FaultName } from './faults';
import { LogSchedules } from './log-schedules';
import { outcomesOf } from './results';
import { scenarioOf, type Chosen } from './scenario';
import { ScheduleWatch } from './schedule-watch';
import type { AimedStep } from './steps';
import type { WorkflowRuntime } from './temporal/runtime';
import { VirtualTime } from './virtual-time';
import type { Violation } from './watch';
import { WatchedWorld } from './watched-world';
import type { Mutation } from './world/world';

export interface RunOptions {
  readonly runtime: WorkflowRuntime;
  readonly mutation?: Mutation;
  readonly chosen?: Chosen;
  /** Gets a line for everything that happens. */
  readonly trace?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly outcomes: readonly string[];
  /** How each run of a schedule ended. */
  readonly scheduled: readonly string[];
  readonly covered: readonly (readonly [AimedStep, FaultName])[];
  readonly quiet: boolean;
  readonly virtualMs: number;
  readonly happened: number;
}

/** A run that is not over by then never ends. Virtual milliseconds. */
const LIMIT_MS = 20_000_000;

/** Runs one seed from its beginning to the verdict. */
export async function runSeed(
  seed: number,
  { runtime, mutation = {}, chosen, trace }: RunOptions,
): Promise<RunResult> {
  const scenario = scenarioOf(seed, chosen);
  const random = new Random(seed).stream('run');
  const covered = new Map<string, readonly [AimedStep, FaultName]>();
  const watched = new WatchedWorld({
    scenario,
    random,
    runtime,
    mutation,
    covered: (step, fault) => covered.set(`${step}/${fault}`, [step, fault]),
    onSink: (call) => person.onSink(call),
    onAsked: (execution, activity) => scheduleWatch.onAsked(execution, activity),
    onOrder: (order) => scheduleWatch.onOrder(order),
    ...(scenario.schedules && { time: new VirtualTime(scenario.schedules.beginsAt) }),
    trace: (line) => trace?.(line()),
  });
  const { world, watch, injection, failed } = watched;
  const guard = new GuardSchedule(world);
  injection.happenings.onWorkerStart = () => guard.look();
  // What fails in the background is a fault of the simulation itself, and ends the run.
  let breakDown: (error: unknown) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => (breakDown = reject));
  const inBackground = (work: Promise<void>): void => void work.catch(breakDown);
  const parts = { scenario, random, world, watch, injection, inBackground };
  const person = new Person(parts);
  const operators = new Operators(parts);
  const schedules = scenario.schedules ? new LogSchedules(parts, scenario.schedules) : undefined;
  const scheduleWatch = new ScheduleWatch(parts, schedules, operators.told);
  const course = new Course({ ...parts, person, guard, operators, schedules, scheduleWatch, failed });
  if (!(await watched.run(Promise.race([course.run(), broken]), LIMIT_MS))) {
    watch.broken(5, 'the run has not ended');
  }
  return {
    seed,
    violations: watch.violations,
    outcomes: outcomesOf(course.results),
    scheduled: scheduleWatch.ends,
    covered: [...covered.values()],
    quiet: scenario.quiet,
    virtualMs: Math.round(world.time.elapsed),
    happened: world.time.happened,
  };
}
