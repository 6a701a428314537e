import { PROGRESS, RESUME, lockId, type Progress } from '../workflows/messages';
import type { Outcome, RotationResult } from '../workflows/model/rotation';
import { Injection } from './injection';
import { Random } from './random';
import { scenarioOf, type FaultName, type Scenario } from './scenario';
import type { Step } from './steps';
import { valueOf } from './temporal/conversion';
import type { Execution } from './temporal/execution';
import type { WorkflowRuntime } from './temporal/runtime';
import type { SinkCall } from './temporal/workflow-tasks';
import { judgeEnd, snapshotOf, type Ended } from './verdict';
import { Watch, type Violation } from './watch';
import { LOG, World, type Mutation } from './world/world';

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
  readonly covered: readonly (readonly [Step, FaultName])[];
  readonly quiet: boolean;
  readonly virtualMs: number;
  readonly happened: number;
}

/** A run that is not over by then never ends. Virtual milliseconds. */
const LIMIT_MS = 900_000;
/** For so long clients are busy. */
const BUSY_MS = 25_000;
/** What has not ended by then never ends. */
const LONGEST_MS = 420_000;
const GUARD_EVERY_MS = 60_000;
/** Rule 8: an alarm within five minutes, and a guardian's look more. */
const ALARM_WITHIN_MS = 300_000;

/** Runs one seed from its beginning to the verdict. */
export async function runSeed(seed: number, options: RunOptions): Promise<RunResult> {
  return await new Run(seed, options).run();
}

class Run {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #world: World;
  readonly #watch = new Watch();
  readonly #injection: Injection;
  readonly #covered = new Map<string, readonly [Step, FaultName]>();
  readonly #outcomes = new Set<string>();
  readonly #alarms: { readonly at: number; readonly text: string }[] = [];
  readonly #failed: string[] = [];
  #over = false;
  #looks = 0;
  /** When what is judged began; a rotation before it is history. */
  #mainFrom = 0;
  /** The rotation is over, and what happens now is judged by its alarms. */
  #late = false;
  #failure: Error | undefined;

  constructor(seed: number, { runtime, mutation = {}, trace }: RunOptions) {
    this.#scenario = scenarioOf(seed);
    this.#random = new Random(seed).stream('run');
    const injection = new Injection(
      this.#scenario,
      this.#random.stream('faults'),
      this.#watch,
      (step, fault) => {
        this.#covered.set(`${step}/${fault}`, [step, fault]);
      },
    );
    this.#injection = injection;
    const watch = this.#watch;
    this.#world = new World({
      scenario: this.#scenario,
      random: this.#random,
      runtime,
      mutate: mutation,
      watcher: {
        onState: (tree, before, by) => watch.onState(tree, before, by),
        onSigned: (entry, by) => watch.onSigned(entry, by),
        onWaited: (ms) => watch.onWaited(ms),
        onOrder: (order) => watch.onOrder(order),
        onSink: (call) => this.#onSink(call),
        onFailed: (what) => this.#onFailed(what),
        onWrongRead: (what) => watch.onWrongRead(what),
      },
      deliver: (call, by) => injection.deliver(call, by),
      onFile: (operation) => injection.onFile(operation),
      attemptEnded: (task) => injection.attemptEnded(task),
      trace: (line) => trace?.(line()),
    });
    watch.watches(this.#world);
    injection.worksOn(this.#world);
    injection.happenings.onWorkerStart = () => this.#look();
  }

  async run(): Promise<RunResult> {
    const { time } = this.#world;
    this.#inBackground(
      this.#drive().then(() => {
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
      outcomes: [...this.#outcomes],
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

  async #drive(): Promise<void> {
    const world = this.#world;
    const { time, temporal, traffic, trace } = world;
    await world.begin(this.#scenario.workers);
    traffic.start();
    // Long waits are dull: a few writes show as much.
    time.after(BUSY_MS, () => traffic.slowDown(1), null);
    if (this.#scenario.racy) {
      Object.assign(world.trillian.slowness, { queueLeafMs: [2, 150], passMs: [5, 350] });
      this.#inBackground(traffic.writePastFor('blue', BUSY_MS));
    }
    await time.pass(300);
    trace(() => `scenario ${JSON.stringify(this.#scenario)}`);
    if (this.#scenario.rotatedBefore) {
      temporal.start('rotateLog', { workflowId: 'rotate-0', args: [{ log: LOG }] });
      await this.#ended();
    }
    this.#mainFrom = time.now;
    this.#watch.closedByRotation = false;
    this.#injection.begins();
    const before = snapshotOf(world);
    this.#guardOn(this.#random.between(2_000, GUARD_EVERY_MS));
    temporal.start('rotateLog', { workflowId: 'rotate-1', args: [{ log: LOG }] });
    await this.#ended();
    if (this.#scenario.again && this.#injection.others.changes.length === 0) {
      this.#injection.mend();
      trace(() => 'a second rotation');
      temporal.start('rotateLog', { workflowId: 'rotate-2', args: [{ log: LOG }] });
      await this.#ended();
    }
    await time.pass(1_500);
    this.#injection.mend();
    await this.#restarted();
    const ended: Ended = {
      world,
      watch: this.#watch,
      injection: this.#injection,
      scenario: this.#scenario,
      before,
      results: this.#results(),
      failed: this.#failed,
    };
    await judgeEnd(ended);
    await this.#afterTheEnd(ended);
    traffic.stop();
  }

  /** What happens when it is over: late calls, restarts, stale deploys; each must raise an alarm if it does harm. */
  async #afterTheEnd(ended: Ended): Promise<void> {
    const world = this.#world;
    const { time, traffic } = world;
    const faults = this.#scenario.faults.filter(({ step }) => step === 'after the end');
    const kept = this.#injection.kept.splice(0);
    if (faults.length + kept.length === 0 || this.#watch.violations.length > 0) {
      return;
    }
    traffic.slowDown(1);
    this.#late = true;
    const since = time.now;
    for (const land of kept) {
      world.trace(() => 'a call lands after the end');
      this.#watch.openedByOthers = true;
      await land().catch(() => undefined);
      await time.pass(200);
    }
    for (const fault of faults) {
      await this.#injection.afterTheEnd(fault);
      await time.pass(this.#random.between(100, 4_000));
    }
    await this.#ended();
    await time.pass(5_000);
    await judgeEnd({
      ...ended,
      late: { since, alarmed: () => this.#alarmed(since) },
      alarmWithinMs: ALARM_WITHIN_MS,
    });
  }

  #alarmed(since: number): boolean {
    return this.#alarms.some(({ at }) => at >= since);
  }

  /** Waits until nothing of a rotation runs any more and nothing is left that a guardian or a person would finish. */
  async #ended(): Promise<void> {
    const { time, temporal } = this.#world;
    let quietSince = time.now;
    const until = time.now + LONGEST_MS;
    for (;;) {
      await time.pass(100);
      if (time.now > until) {
        return;
      }
      if (temporal.open().some((run) => !run.workflowId.startsWith('guard'))) {
        quietSince = time.now;
        continue;
      }
      const left = snapshotOf(this.#world).leftovers;
      if (left.length === 0 || time.now - quietSince > 2 * GUARD_EVERY_MS + 10_000) {
        return;
      }
      if (!this.#scenario.recovers && time.now - quietSince > GUARD_EVERY_MS + 10_000) {
        quietSince = time.now;
        temporal.start('recoverLog', {
          workflowId: `recover-by-hand-${Math.round(time.elapsed)}`,
          args: [{ log: LOG }],
        });
      }
    }
  }

  /** Whatever died by a fault of its own is started again by whoever watches over it. */
  async #restarted(): Promise<void> {
    const { time, gate, host } = this.#world;
    for (let waited = 0; waited < 5_000; waited += 100) {
      if (gate.upstream !== undefined && host.at(gate.upstream)) {
        return;
      }
      await time.pass(100);
    }
  }

  #guardOn(afterMs: number): void {
    this.#world.time.after(
      afterMs,
      () => {
        if (!this.#over) {
          this.#look();
          this.#guardOn(GUARD_EVERY_MS);
        }
      },
      null,
    );
  }

  #look(): void {
    const { temporal } = this.#world;
    if (!temporal.open().some((run) => run.options.type === 'guardLog')) {
      temporal.start('guardLog', { workflowId: `guard-${(this.#looks += 1)}`, args: [{ log: LOG }] });
    }
  }

  #onFailed(what: string): void {
    this.#failed.push(`${Math.round(this.#world.time.elapsed)} ${what}`);
  }

  #onSink({ functionName, args, workflowId }: SinkCall): void {
    const [text] = args as [unknown];
    if (functionName !== 'error' || typeof text !== 'string' || !text.startsWith('ALARM')) {
      return;
    }
    const { time } = this.#world;
    this.#world.trace(() => `${workflowId}: ${text}`);
    this.#alarms.push({ at: time.now, text });
    if (text.includes('is held')) {
      time.after(
        this.#random.between(5_000, 30_000),
        () => this.#inBackground(this.#person(workflowId)),
        null,
      );
    }
  }

  #asked = 0;

  /** A person looks at what is held, mends what is broken, and decides. */
  async #person(workflowId: string): Promise<void> {
    const { temporal, trace } = this.#world;
    const execution = temporal.latest(workflowId);
    if (!execution?.open) {
      return;
    }
    const progress = (await temporal.query(execution, PROGRESS)) as Progress;
    const { held } = progress;
    if (!held) {
      return;
    }
    this.#injection.mend();
    this.#asked += 1;
    const forced = this.#asked > 2;
    if (forced && this.#injection.others.changes.length === 0 && !this.#late) {
      this.#watch.broken(
        5,
        `nothing is broken any more, and ${held.step} is still held: ${held.reason.message}`,
      );
    }
    // What cannot be mended, such as a file that someone else changed, is not tried for ever.
    const wanted = forced ? 'skip' : this.#scenario.person;
    const choice = held.choices.includes(wanted) ? wanted : forced ? 'giveUp' : 'retry';
    trace(() => `a person decides: ${choice} (${held.step}: ${held.reason.message})`);
    try {
      await temporal.update(execution, RESUME, [{ choice, who: 'somebody', why: 'simulated' }]);
    } catch (error) {
      trace(() => `the Update was refused: ${String(error)}`);
    }
    this.#world.time.after(60_000, () => this.#inBackground(this.#person(workflowId)), null);
  }

  #results(): readonly { readonly execution: Execution; readonly result: RotationResult | undefined }[] {
    const owners = this.#world.temporal.runs.filter(
      ({ options, startedAt }) =>
        startedAt >= this.#mainFrom &&
        ['rotateLog', 'rotation', 'recoverLog', 'recovery'].includes(options.type),
    );
    return owners.map((execution) => {
      const result = valueOf(execution.result) as RotationResult | undefined;
      if (result && execution.workflowId === lockId(LOG)) {
        this.#outcomes.add(result.outcome satisfies Outcome);
      }
      if (result && execution.options.type === 'rotateLog') {
        this.#outcomes.add(result.outcome);
      }
      return { execution, result };
    });
  }
}
