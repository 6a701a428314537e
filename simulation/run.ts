import { Course } from './course';
import { GuardSchedule } from './guard-schedule';
import { Injection } from './injection';
import { Person } from './person';
import { Random } from './random';
import { outcomesOf } from './results';
import { scenarioOf, type FaultName, type Scenario } from './scenario';
import type { AimedStep } from './steps';
import type { WorkflowRuntime } from './temporal/runtime';
import { Watch, type Violation } from './watch';
import { World, type Mutation } from './world/world';

export interface RunOptions {
  readonly runtime: WorkflowRuntime;
  readonly mutation?: Mutation;
  /** Gets a line for everything that happens. */
  readonly trace?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly outcomes: readonly string[];
  readonly covered: readonly (readonly [AimedStep, FaultName])[];
  readonly quiet: boolean;
  readonly virtualMs: number;
  readonly happened: number;
}

/** A run that is not over by then never ends. Virtual milliseconds. */
const LIMIT_MS = 900_000;

/** Runs one seed from its beginning to the verdict. */
export async function runSeed(seed: number, options: RunOptions): Promise<RunResult> {
  return await new Run(seed, options).run();
}

/** The world of one seed with all that watches over it, and its clock. */
class Run {
  readonly #scenario: Scenario;
  readonly #world: World;
  readonly #watch = new Watch();
  readonly #course: Course;
  readonly #covered = new Map<string, readonly [AimedStep, FaultName]>();
  #over = false;
  #failure: Error | undefined;

  constructor(seed: number, { runtime, mutation = {}, trace }: RunOptions) {
    const scenario = (this.#scenario = scenarioOf(seed));
    const random = new Random(seed).stream('run');
    const watch = this.#watch;
    const injection = new Injection(scenario, random.stream('faults'), watch, (step, fault) => {
      this.#covered.set(`${step}/${fault}`, [step, fault]);
    });
    const failed: string[] = [];
    const world = (this.#world = new World({
      scenario,
      random,
      runtime,
      mutate: mutation,
      watcher: {
        onState: (tree, before, by) => watch.onState(tree, before, by),
        onBackoff: (activity, forMs) => watch.onBackoff(activity, forMs),
        onGivenUp: (activity) => watch.onGivenUp(activity),
        onSigned: (entry, by) => watch.onSigned(entry, by),
        onWaited: (ms) => watch.onWaited(ms),
        onMisreadWrite: (process) => watch.onMisreadWrite(process),
        onOrder: (order) => watch.onOrder(order),
        onSink: (call) => person.onSink(call),
        onFailed: (what) => failed.push(`${Math.round(world.time.elapsed)} ${what}`),
        onWrongRead: (what) => watch.onWrongRead(what),
      },
      deliver: (call, by) => injection.deliver(call, by),
      onFile: (operation) => injection.onFile(operation),
      attemptEnded: (task) => injection.attemptEnded(task),
      trace: (line) => trace?.(line()),
    }));
    watch.watches(world);
    injection.worksOn(world);
    const guard = new GuardSchedule(world);
    injection.happenings.onWorkerStart = () => guard.look();
    const inBackground = (work: Promise<void>): void => this.#inBackground(work);
    const parts = { scenario, random, world, watch, injection, inBackground };
    const person = new Person(parts);
    this.#course = new Course({ ...parts, person, guard, failed });
  }

  async run(): Promise<RunResult> {
    const { time } = this.#world;
    this.#inBackground(
      this.#course.run().then(() => {
        this.#over = true;
      }),
    );
    await time.run(() => this.#over || time.elapsed > LIMIT_MS);
    if (this.#failure) {
      throw this.#failure;
    }
    if (!this.#over) {
      this.#watch.broken(5, 'the run has not ended');
    }
    for (const execution of this.#world.temporal.runs) {
      if (execution.instance) {
        await execution.instance.dispose();
      }
    }
    return {
      seed: this.#scenario.seed,
      violations: this.#watch.violations,
      outcomes: outcomesOf(this.#course.results),
      covered: [...this.#covered.values()],
      quiet: this.#scenario.quiet,
      virtualMs: Math.round(time.elapsed),
      happened: time.happened,
    };
  }

  /** What fails here is a fault of the simulation itself, and ends the run. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#over = true;
    });
  }
}
