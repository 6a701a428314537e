import { HandsOfOthers } from './others';
import { Happenings } from './happenings';
import type { Random } from './random';
import { isCallFault, type CallFault, type Fault, type FaultName } from './faults';
import type { Scenario } from './scenario';
import { stepOf, type AimedStep } from './steps';
import type { TaskView } from './temporal/activity-context';
import { runningActivity, type RunningActivity } from './temporal/running-activity';
import type { Watch } from './watch';
import type { FileOperation } from './world/files';
import type { Delivery, RemoteCall } from './world/network';
import type { World } from './world/world';

/** That it has happened, for the coverage table. */
export type Covered = (step: AimedStep, fault: FaultName) => void;

/** What faults are let loose on. */
interface Working {
  readonly world: World;
  readonly others: HandsOfOthers;
  readonly happenings: Happenings;
}

const normal: Delivery = { kind: 'normal' };

/** What Trillian's quota charges, and the activities that may need it: no undo, and nothing that only looks. */
const charged: ReadonlySet<string> = new Set(['InitLog', 'QueueLeaf']);
const mayBeCharged: ReadonlySet<string> = new Set(['createNextTree', 'holdToExpose']);

/** Lets things go wrong where the scenario says so. */
export class Injection {
  /** Calls that were kept, to land after the end. */
  readonly kept: (() => Promise<unknown>)[] = [];
  readonly #random: Random;
  readonly #watch: Watch;
  readonly #covered: Covered;
  readonly #left: Fault[];
  readonly #counts = new Map<AimedStep, number>();
  readonly #answersLost = new Set<TaskView>();
  #forGood: { readonly step: AimedStep; readonly system: RemoteCall['system']; readonly until: number }[] =
    [];
  #working: Working | undefined;
  #begun = false;

  constructor(scenario: Scenario, random: Random, watch: Watch, covered: Covered) {
    this.#random = random;
    this.#watch = watch;
    this.#covered = covered;
    this.#left = scenario.faults.filter(({ step }) => step !== 'after the end');
  }

  worksOn(world: World): void {
    const others = new HandsOfOthers(world, this.#random, this.#watch);
    this.#working = { world, others, happenings: new Happenings(world, this.#random, others) };
  }

  /** From here on things go wrong. */
  begins(): void {
    this.#begun = true;
    this.others.lookAround();
  }

  get others(): HandsOfOthers {
    return this.#here().others;
  }

  get happenings(): Happenings {
    return this.#here().happenings;
  }

  /** Everything that was broken for good is mended. */
  mend(): void {
    this.#forGood = [];
    this.#left.length = 0;
  }

  deliver(call: RemoteCall, by: RunningActivity | undefined): Delivery {
    const world = this.#working?.world;
    if (by && charged.has(call.method) && !mayBeCharged.has(by.type)) {
      this.#watch.broken(
        5,
        `${by.type} asked for ${call.method}, which Trillian's quota may refuse for good`,
      );
    }
    if (by && call.method === 'UpdateTree') {
      this.#watch.onUpdateTreeSent(by.type);
    }
    const step = by && stepOf(by, call.system, call.method);
    if (!world || !this.#begun || !by || step === undefined) {
      return normal;
    }
    if (
      this.#forGood.some(
        (broken) => broken.step === step && broken.system === call.system && broken.until > world.time.now,
      )
    ) {
      return { kind: 'lost before' };
    }
    const number = this.#counts.get(step) ?? 0;
    this.#counts.set(step, number + 1);
    const at = this.#left.findIndex((fault) => fault.step === step && fault.call === number);
    const [fault] = at < 0 ? [] : this.#left.splice(at, 1);
    if (!fault) {
      return normal;
    }
    const delivery = this.#call(fault, call, by, step);
    if (delivery) {
      world.trace(() => `FAULT ${fault.name} in ${step}, call ${number} (${call.system} ${call.method})`);
      this.#covered(step, fault.name);
      return delivery;
    }
    // Not here; perhaps at the step's next call.
    this.#left.push({ ...fault, call: number + 1 });
    return normal;
  }

  onFile({ what, path }: FileOperation): void {
    const by = runningActivity.getStore();
    const { kind } = this.deliver(
      {
        system: 'host',
        // Without the random part of a temporary file's name: a seed tells the same twice.
        method: `${what} ${(path.split('/').at(-1) ?? '').replace(/[0-9a-f]{8}-[-0-9a-f]{27}$/, '')}`,
        changes: what !== 'read',
        signal: new AbortController().signal,
      },
      by,
    );
    if (kind !== 'normal' && kind !== 'slow') {
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    }
  }

  /** False when what it ended with is to be lost on its way to Temporal. */
  attemptEnded(task: TaskView): boolean {
    return !this.#answersLost.delete(task);
  }

  /** A fault that happens when the rotation is over. */
  async afterTheEnd(fault: Fault): Promise<void> {
    const { world, others, happenings } = this.#here();
    this.#covered('after the end', fault.name);
    world.trace(() => `FAULT ${fault.name} after the end`);
    if (fault.name === 'stale deploy') {
      this.#watch.openedByOthers = true;
      await others.deployYesterday();
    } else if (fault.name === 'worker killed' || !isCallFault(fault.name)) {
      happenings.happen(fault.name, fault.form);
    }
  }

  #here(): Working {
    if (!this.#working) {
      throw new Error('nothing to inject faults into');
    }
    return this.#working;
  }

  /** What a fault means for the call that it is aimed at; undefined when it cannot be here. */
  #call({ name, form }: Fault, call: RemoteCall, by: RunningActivity, step: AimedStep): Delivery | undefined {
    const { happenings } = this.#here();
    if (isCallFault(name)) {
      return this.#ofCall(name, form, call, by, step);
    }
    return happenings.happen(name, form) ? normal : undefined;
  }

  #ofCall(
    name: CallFault,
    form: number,
    call: RemoteCall,
    by: RunningActivity,
    step: AimedStep,
  ): Delivery | undefined {
    const { world } = this.#here();
    const { time } = world;
    const random = this.#random;
    // Nothing is under way for longer than its attempt, whatever its caller would wait for.
    const left = Math.min(Math.max(Math.min(call.deadline ?? Infinity, by.endsAt) - time.now, 1), 10_000);
    switch (name) {
      case 'fails before':
        return { kind: 'lost before' };
      case 'fails after':
        return { kind: 'lost after' };
      case 'times out':
        return { kind: 'slow', delayMs: left + 5 };
      case 'comes late':
        if (!call.changes) {
          return undefined;
        }
        // A command of this host does not come late behind its caller's back: who calls it waits.
        return { kind: call.system === 'host' ? 'slow' : 'late', delayMs: left * random.between(0.05, 1) };
      case 'is slow':
        return { kind: 'slow', delayMs: random.between(100, 700) };
      case 'lands after the end':
        return call.changes && call.system !== 'host'
          ? { kind: 'kept', keep: (land) => this.kept.push(land) }
          : undefined;
      case 'fails for good':
        this.#forGood.push({
          step,
          system: call.system,
          until: time.now + random.pick([2_000, 8_000, 60_000]),
        });
        return { kind: 'lost before' };
      case 'answer lost':
        this.#answersLost.add(by.task);
        return normal;
      case 'worker killed':
        return this.#killed(form, call, by, left);
      case 'worker stopped':
        by.process.stoppedUntil = time.now + random.pick([600, 1_500, 4_000, 9_000, 30_000]);
        return normal;
      case 'worker cut off':
        by.worker.cutOffUntil = time.now + random.pick([600, 1_500, 4_000, 9_000]);
        return normal;
    }
  }

  /** The worker that calls is killed; or where it keeps what it begins, another one of its host, which must not speak for it. */
  #killed(form: number, call: RemoteCall, by: RunningActivity, left: number): Delivery | undefined {
    const { world, happenings } = this.#here();
    const kill = (worker = by.worker): void => happenings.kill(worker, happenings.drawAgainAfterMs());
    if (!world.intents || form < 0.25) {
      kill();
      return form < (world.intents ? 0.15 : 0.5) ? normal : { kind: 'lost before' };
    }
    if (form < 0.5) {
      kill(world.temporal.workers.find((worker) => worker !== by.worker));
      return normal;
    }
    if (!call.changes || call.system === 'host') {
      return undefined;
    }
    kill();
    // What has left a process that is killed then may still be under way (H8).
    return { kind: 'late', delayMs: left * this.#random.between(0.3, 1) };
  }
}
