import { Context } from '@temporalio/activity';
import { Acts, watchActs, type Act } from './acts';
import { Random } from '../../simulation/random';
import { resultsOf } from '../../simulation/results';
import { nobodySays, type Scenario } from '../../simulation/scenario';
import { runningActivity } from '../../simulation/temporal/running-activity';
import type { WorkflowRuntime } from '../../simulation/temporal/runtime';
import { SimulatedWorker } from '../../simulation/temporal/worker';
import { differences, judgeEnd, snapshotOf, type Snapshot } from '../../simulation/verdict';
import type { VirtualTime } from '../../simulation/virtual-time';
import { WatchedWorld } from '../../simulation/watched-world';
import { environmentFile, slotNames, urlOf, type SlotName } from '../../simulation/world/host';
import { CURRENT_TREE, FIRST_TREE, LOG, type World } from '../../simulation/world/world';
import type { SimulatedTree } from '../../simulation/world/trillian';
import { lockId } from '../../workflows/messages';
import type { ApprovalPolicy } from '../../workflows/model/approval';
import type { TreeId, TreeState } from '../../workflows/model/log';
import { markOf, readMark } from '../../workflows/model/mark';
import type { RotationTiming } from '../../workflows/model/plan';
import { rotationsOf, type Handle, type Rotations, type Temporal } from './rotations';

export { CURRENT_TREE, FIRST_TREE };

/** What has not ended by then, beside the pauses that a test asks for, never ends. Milliseconds. */
const LIMIT_MS = 3_600_000;

/** Nothing goes wrong by itself, and no client writes but where a test says so. */
const scenario: Scenario = {
  ...{
    seed: 1,
    quiet: false,
    installation: 'host',
    strategy: 'blue-green',
    workers: 1,
    keepsIntents: false,
    gates: 1,
    faults: [],
    withDatabase: true,
    ifNextFails: 'supersede',
  },
  ...{ writesPerSecond: 1, strangers: 0, racy: false, recovers: true, person: 'retry' },
  ...{
    withoutGate: false,
    rotatedBefore: false,
    again: false,
    rehearses: false,
    resetReachesChildren: false,
    operators: nobodySays,
  },
  schedules: null,
};

export interface LogOptions extends Partial<RotationTiming> {
  readonly approvals?: ApprovalPolicy;
  readonly workers?: 1 | 2;
  /** Whether a worker keeps what it begins in a critical section, for the one after it. */
  readonly keepsIntents?: boolean;
  /** Whether the guardian recovers by itself. */
  readonly recover?: boolean;
  readonly stuckAfterMs?: number;
}

/** Who runs the workflows of a log. */
export interface LogServer {
  readonly temporal: (watched: WatchedWorld) => Temporal | Promise<Temporal>;
  /** For workflows that run in the world's own Temporal; without, nobody judges how they have ended. */
  readonly runtime?: Promise<WorkflowRuntime>;
  /** Default: virtual time. */
  readonly time?: VirtualTime;
}

/** A log of the simulation: real workflows and real activities on a world in memory. */
export class WorldLog extends Acts {
  /** What the workflows have called out. */
  readonly alarms: string[] = [];
  readonly #options: LogOptions;
  readonly #server: LogServer;
  #watched: WatchedWorld | undefined;
  #before: Snapshot | undefined;

  constructor(options: LogOptions, server: LogServer) {
    super();
    this.#options = options;
    this.#server = server;
  }

  /**
   * Runs `body` on a new world, then holds that against the rules of the simulation: what may never happen has not, and
   * nothing is left of a rotation that has ended.
   */
  async run<Result>(body: (rotations: Rotations) => Promise<Result>): Promise<Result> {
    const {
      workers = 1,
      keepsIntents = false,
      recover = true,
      stuckAfterMs = 120_000,
      approvals,
      ...timing
    } = this.#options;
    const { temporal, runtime, time } = this.#server;
    watchActs(this);
    const watched = (this.#watched = new WatchedWorld({
      ...{ random: new Random(1), trace, runtime: (await runtime) as WorkflowRuntime },
      scenario: { ...scenario, keepsIntents },
      ...(time && { time }),
      mutation: {
        systems: (systems) => ({
          ...systems,
          timing: { ...systems.timing, attempts: 1, ...timing },
          guard: { recover, stuckAfterMs },
          ...(approvals && { approvals }),
        }),
      },
      covered: () => undefined,
      onSink: ({ args }) => {
        this.alarms.push(
          ...(args.filter((said) => typeof said === 'string' && said.startsWith('ALARM')) as string[]),
        );
      },
    }));
    const { world, injection } = watched;
    const ended: Result[] = [];
    const whole = async (): Promise<void> => {
      await world.begin(workers);
      this.#before = snapshotOf(world);
      injection.begins();
      ended.push(await body(rotationsOf(await temporal(watched), LOG)));
      if (runtime) {
        await this.#judged(watched, this.#before);
      }
    };
    const pausesMs = timing.pauseBetweenAttemptsMs ?? 0;
    if (!(await watched.run(whole(), LIMIT_MS + pausesMs))) {
      throw new Error(`It has not ended: ${this.calls.slice(-20).join(', ')}`);
    }
    expect(watched.watch.violations).toEqual([]);
    return ended[0] as Result;
  }

  async #judged({ world, watch, injection, failed }: WatchedWorld, before: Snapshot): Promise<void> {
    while (world.temporal.open().length > 0) {
      await world.time.pass(100);
    }
    const results = resultsOf(world, 0);
    await judgeEnd({ world, watch, injection, scenario, before, results, failed });
  }

  get world(): World {
    return this.#running.world;
  }

  get #running(): WatchedWorld {
    if (!this.#watched) {
      throw new Error('The log does not run yet.');
    }
    return this.#watched;
  }

  /** A client writes to the next tree as soon as it is exposed; the answer to the exposure gets lost. */
  usedBeforeItFailed(): void {
    this.fail('expose', 'after', 1);
    void this.once('expose', () => this.world.traffic.write(), 'after');
  }

  /** Going forward fails, so often or for good: the next release is down by then, and nothing starts it. */
  cannotGoForward(times?: number): void {
    this.fail('forward', 'before', times);
    void this.once('forward', () => this.world.host.stop('green'));
  }

  /** There is a tree that an undone attempt has left, with entries of clients. */
  plantRetired(treeId: TreeId, attempt: number, entries: readonly string[]): void {
    const { trillian } = this.world;
    trillian.plant(treeId, 'FROZEN', entries);
    const mark = { log: LOG, rotationId: 'r', attempt, number: attempt };
    trillian.getTree(treeId).row.description = markOf(mark);
  }

  /** A rotation, its critical section and their worker are gone behind the effect of an act; another worker comes. */
  async lostIn(act: Act, { start, lock, criticalSection }: Rotations): Promise<void> {
    const { world, injection } = this.#running;
    const asked = await start();
    await this.once(
      act,
      async () => {
        await lock.terminate('by the test');
        await criticalSection.terminate('by the test').catch(() => undefined);
        world.temporal.workers.forEach((worker) => injection.happenings.kill(worker, 1_000));
        // A process that is dead goes no further; one that lives hears that nobody waits for it.
        await Context.current().cancelled;
      },
      'after',
    );
    await asked.result().catch(() => undefined);
  }

  /** What the first attempt of a rotation that is gone had still sent lands: it holds writes and closes the current tree. */
  async holdLandsLate(): Promise<void> {
    const { gate, trillian } = this.world;
    const { description } = trillian.getTree(this.nextTree()).row;
    const { rotationId = '', number = 0 } = readMark({ description }) ?? {};
    await gate.order({ kind: 'hold', order: { attemptId: `${rotationId}/1`, number, leaseMs: 60_000 } });
    await trillian.updateTree(CURRENT_TREE, { state: 'FROZEN' }, Infinity, 'a rotation');
  }

  /** Resets a workflow to the end of one of its workflow tasks; the last one stands for all that come after it. */
  resetTo({ workflowId }: Handle, task: number): void {
    const { world, injection } = this.#running;
    const run = world.temporal.latest(workflowId);
    if (!run) {
      throw new Error(`There is no workflow ${workflowId}.`);
    }
    injection.happenings.interfered.add('reset');
    world.temporal.reset(run, Math.min(task, run.history.length) - 1);
  }

  /** The worker whose activity asks. */
  actingWorker(): SimulatedWorker {
    const running = runningActivity.getStore();
    if (!running) {
      throw new Error('No activity asks for it.');
    }
    return running.worker;
  }

  /** Kills a worker; it is started again after so long. Milliseconds. */
  kill(worker: SimulatedWorker, againAfterMs: number): void {
    this.#running.injection.happenings.kill(worker, againAfterMs);
  }

  /** Kills the worker that does an act, once that has had its effect; it is started again after so long. */
  async killedIn(act: Act, againAfterMs: number): Promise<void> {
    await this.once(
      act,
      async () => {
        this.kill(this.actingWorker(), againAfterMs);
        // A process that is dead goes no further.
        await new Promise(() => undefined);
      },
      'after',
    );
  }

  /** Cuts the worker whose activity asks for it off from Temporal, which hears nothing of it for so long. */
  cutOff(ms: number): void {
    this.actingWorker().cutOffUntil = this.world.time.now + ms;
  }

  /** Another worker takes the place of each, which ends what it has begun; what they remembered is gone. */
  replaceWorker(): void {
    const { temporal, activities } = this.world;
    for (const [place, worker] of temporal.workers.entries()) {
      temporal.workerGone(worker);
      temporal.runs.forEach((run) => (run.sticky = undefined));
      temporal.workers[place] = new SimulatedWorker('another worker', activities);
    }
  }

  /** Someone edits the environment file of a slot: what was planned is not what is there. */
  editBySomeone(slot: SlotName): void {
    const { files } = this.world;
    const path = environmentFile(slot);
    files.put(path, `${files.peek(path) ?? ''}# a deployment\n`);
    this.#before = this.snapshot();
  }

  /** What lists of workflows show of one, if the namespace has search attributes. */
  shownOf(workflowId: string): Record<string, string> {
    return Object.fromEntries(this.world.temporal.latest(workflowId)?.searchAttributes ?? []);
  }

  /** Whether anything holds the log's lock. */
  isLocked(): boolean {
    return this.world.temporal.latest(lockId(LOG))?.open ?? false;
  }

  /** All workers are gone for so long. */
  workersAway(ms: number): void {
    const { world, injection } = this.#running;
    world.temporal.workers.forEach((worker) => injection.happenings.kill(worker, ms));
  }

  /** Whether Temporal has given up a try of an activity that closes the current tree, because it heard nothing of it. */
  hasGivenUp(): boolean {
    return this.#running.watch.closedByRotation;
  }

  /** What is not as before, but for trees that are retired; nothing when everything is. */
  notAsBefore(before = this.#before): string[] {
    if (!before) {
      throw new Error('The log has not begun.');
    }
    const now = this.snapshot();
    return [...differences(before, now), ...now.leftovers];
  }

  snapshot(): Snapshot {
    return snapshotOf(this.world);
  }

  /** What an interrupted rotation has left, in words. */
  leftovers(): readonly string[] {
    return this.snapshot().leftovers;
  }

  /** A tree that rotations have made, the oldest with number 1. */
  nextTree(number = 1): TreeId {
    return this.nextTrees()[number - 1] ?? `the ${number}. next tree, which was not made`;
  }

  /** The trees that rotations have made, oldest first. */
  nextTrees(): TreeId[] {
    return this.#treesThat(({ treeId }) => treeId !== FIRST_TREE && treeId !== CURRENT_TREE);
  }

  deletedTrees(): TreeId[] {
    return this.#treesThat(({ deleted }) => deleted);
  }

  /** The trees of the log that take writes. */
  active(): TreeId[] {
    return this.#treesThat(({ row }) => row.state === 'ACTIVE');
  }

  #treesThat(are: (tree: SimulatedTree) => boolean): TreeId[] {
    const trees = this.world.trees().filter(are);
    return trees.map(({ treeId }) => treeId);
  }

  state(treeId: TreeId): TreeState | undefined {
    return this.world.trillian.trees.get(treeId)?.row.state;
  }

  size(treeId: TreeId): number {
    return this.world.trillian.head(treeId).size;
  }

  /** Where clients are sent. */
  serving(): SlotName | undefined {
    return slotNames.find((slot) => urlOf(slot) === this.world.gate.instance);
  }

  /** What serves after a reboot. */
  standing(): SlotName[] {
    return slotNames.filter((slot) => this.world.host.startsByItself(slot));
  }

  /** Someone sets a tree's state. */
  async setState(treeId: TreeId, state: TreeState): Promise<void> {
    this.changedBySomeone();
    this.#running.watch.openedByOthers ||= state === 'ACTIVE';
    await this.world.trillian.updateTree(treeId, { state }, Infinity, 'someone');
  }

  /** A later rotation has the log: the gate follows an order of it, which leaves clients where they are. */
  async overtaken(): Promise<{ readonly number: number; readonly attemptId: string }> {
    this.changedBySomeone();
    const { gate } = this.world;
    const { number = 0, instances = [] } = gate.state() ?? {};
    const later = { attemptId: 'later/1', number: number + 10 };
    await gate.order({ kind: 'send', order: { ...later, instances } });
    return later;
  }

  /** From here on the log is not only as a rotation leaves it. */
  changedBySomeone(): void {
    this.#running.injection.others.changes.push({ what: 'by the test', overwritten: () => undefined });
  }
}

/** With TRACE set, a test tells everything that happens in it. */
function trace(line: () => string): void {
  if (process.env['TRACE']) {
    process.stdout.write(`${line()}\n`);
  }
}
