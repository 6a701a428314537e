import { failForFormerWorker } from '../activities/successor/fail-for-former-worker';
import { SCHEDULED_ROTATION, scheduledId } from '../workflows/messages';
import type { HandsOfOthers } from './others';
import type { Random } from './random';
import type { ElsewhereFault } from './faults';
import type { Execution } from './temporal/execution';
import type { SimulatedWorker } from './temporal/worker';
import { Process, processes } from './virtual-time';
import { GATE_ADMIN_URLS } from './world/http-servers';
import type { ReleaseId } from './world/installation';
import { LOG, type World } from './world/world';

/** What was done to workflows by force, or to Temporal: how a run ends is then no longer the rotation's word alone. */
export type Interference = 'cancel' | 'terminate' | 'reset' | 'lost';

/** Faults that have nothing to do with a call: of processes, machines, workflows, and of people. */
export class Happenings {
  readonly interfered = new Set<Interference>();
  /** Each worker lets the guardian look when it starts. */
  onWorkerStart: () => void = () => undefined;
  readonly #world: World;
  readonly #random: Random;
  readonly #others: HandsOfOthers;

  constructor(world: World, random: Random, others: HandsOfOthers) {
    this.#world = world;
    this.#random = random;
    this.#others = others;
  }

  /**
   * How soon a killed worker is started again. One that keeps its intents mostly at once, which no process can: what it says must
   * be right however soon that is, and Temporal soon gives up what the killed one did.
   */
  drawAgainAfterMs(): number {
    const drawn = this.#random.between(500, 4_000);
    return this.#world.intents && this.#random.chance(0.7) ? drawn / 20 : drawn;
  }

  kill(worker: SimulatedWorker, againAfterMs: number): void {
    const world = this.#world;
    world.trace(() => `${worker.name} is killed`);
    worker.process.alive = false;
    world.temporal.workerGone(worker);
    world.time.after(
      againAfterMs,
      () => {
        worker.process = new Process(worker.name);
        worker.cutOffUntil = 0;
        world.trace(() => `${worker.name} is started again`);
        processes.run(worker.process, () => void this.#saysWhatItFinds());
        this.onWorkerStart();
      },
      null,
    );
  }

  /** A worker that starts says how a section failed in which the one before it was killed. */
  async #saysWhatItFinds(): Promise<void> {
    const { intents, client, trace } = this.#world;
    const left = await intents?.leftBehind(LOG);
    if (!left) {
      return;
    }
    trace(() => `a worker was killed in ${left.began.at(-1) ?? 'no step'} of a section`);
    try {
      await failForFormerWorker(client, left, new AbortController().signal);
    } catch (error) {
      // As a real one: whatever it cannot say is waited for.
      trace(() => `nobody is told: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Lets it happen; false when there is nothing that could fail so. `form` chooses among its forms, in [0, 1). */
  happen(name: ElsewhereFault, form: number): boolean {
    const world = this.#world;
    const { time, temporal, front, gates, installation, network, trillian, traffic } = world;
    const random = this.#random;
    switch (name) {
      case 'worker killed': {
        const worker = random.pick(temporal.workers);
        this.kill(worker, this.drawAgainAfterMs());
        return true;
      }
      case 'cancel': {
        const target = this.#target(form, [0.6, 0.3, 0.1], true);
        if (!target) {
          return false;
        }
        this.interfered.add('cancel');
        temporal.cancel(target);
        return true;
      }
      case 'terminate': {
        const target = this.#target(form, [0.15, 0.5, 0.35], true);
        if (!target) {
          return false;
        }
        this.interfered.add('terminate');
        temporal.terminate(target);
        return true;
      }
      case 'reset': {
        const target = this.#target(form, [0.2, 0.5, 0.3], false);
        if (!target || target.history.length === 0) {
          return false;
        }
        this.interfered.add('reset');
        temporal.reset(target, random.whole(0, target.history.length - 1));
        return true;
      }
      case 'Temporal lost':
        this.interfered.add('lost');
        temporal.lose();
        return true;
      case 'Temporal down':
        for (const worker of temporal.workers) {
          worker.cutOffUntil = time.now + random.pick([800, 3_000, 12_000]);
        }
        return true;
      case 'gate dies':
        return front.dies(random.between(300, 3_000), form);
      case 'gates die':
        return gates?.lose(random.between(300, 3_000)) === true;
      case 'gate put back':
        return gates?.comesBackOlder(random.between(300, 3_000), form) === true;
      case 'gate stopped':
        return gates?.stops(random.pick([300, 1_500, 4_000, 9_000]), form) === true;
      case 'gate cut off':
        return this.#cutOff(form);
      case 'gates cut apart':
        return gates?.cutApart(random.pick([500, 3_000, 9_000])) === true;
      case 'current Rekor dies':
        void installation.crash(this.#others.current, random.between(200, 2_000));
        return true;
      case 'current Rekor misreads': {
        const { current } = this.#others;
        void installation.crash(current, random.between(100, 500), true);
        this.#mendWhenItServes(current);
        return true;
      }
      case 'next Rekor dies':
        if (!installation.runs(this.#others.next)) {
          return false;
        }
        void installation.crash(this.#others.next, random.between(200, 2_000));
        return true;
      case 'host reboots':
        void installation.reboot();
        front.lose(random.between(1_000, 2_500));
        return true;
      case 'Trillian down':
        network.takeDown('trillian', random.pick([500, 2_000, 8_000]));
        return true;
      case 'signer stops':
        trillian.stopSigner(random.pick([500, 2_000, 6_000]));
        return true;
      case 'quota exhausted':
        trillian.exhaustQuota(random.pick([500, 3_000, 60_000]));
        return true;
      case 'slow database': {
        const fast = { ...trillian.slowness };
        Object.assign(trillian.slowness, {
          queueLeafMs: [100, 1_500],
          passMs: [50, 800],
          updateMs: [30, 300],
        });
        time.after(random.between(1_000, 5_000), () => Object.assign(trillian.slowness, fast), null);
        return true;
      }
      case 'other database':
        // The queue that is not seen has work meanwhile.
        trillian.readAnotherDatabase(random.pick([300, 3_000, 12_000]));
        Object.assign(trillian.slowness, { passMs: [100, 400] });
        time.after(2_000, () => Object.assign(trillian.slowness, { passMs: [2, 12] }), null);
        this.#queueLeaf([1, 5]);
        return true;
      case 'late leaf':
        this.#queueLeaf([200, 4_000]);
        return true;
      case 'writer to current':
        void traffic.writePastFor(this.#others.current, random.between(500, 4_000));
        return true;
      case 'writer to next':
        void traffic.writePastFor(this.#others.next, random.between(2_000, 8_000));
        return true;
      case 'tree changed':
        return this.#others.changeTree(form);
      case 'slot changed':
        return this.#others.changeSlot(form);
      case 'gate changed':
        return this.#others.changeGate(form);
      case 'pod lost':
        return world.cluster?.losePod(form < 0.6 ? this.#others.next : this.#others.current) === true;
      case 'pods scaled':
        return world.cluster?.scale() === true;
      case 'API server down':
        network.takeDown('cluster', random.pick([300, 2_000, 9_000]));
        return world.cluster !== undefined;
      case 'stale deploy':
        void this.#others.deployYesterday();
        return true;
    }
  }

  /** No worker reaches one of several gates; clients and the other gates do. */
  #cutOff(form: number): boolean {
    const { gates, network } = this.#world;
    const { length } = gates?.all ?? [];
    if (length < 2) return false;
    network.cut(
      GATE_ADMIN_URLS[Math.floor(form * length)] ?? '',
      this.#random.pick([600, 1_500, 4_000, 9_000]),
    );
    return true;
  }

  /** A leaf for the serving tree, which takes so long to commit, in milliseconds. */
  #queueLeaf(takesMs: readonly [number, number]): void {
    const { time, trillian } = this.#world;
    const value = Buffer.from(`{"late":${Math.round(time.now)}}`);
    const leaf = { value, identity: value.toString() };
    void trillian.queueLeaf(this.#others.servingTree(), leaf, Infinity, takesMs).catch(() => undefined);
  }

  /** A person restarts a Rekor that misread a length, as the alarm asks for; as soon as there is one. */
  #mendWhenItServes(release: ReleaseId): void {
    const { installation, time } = this.#world;
    time.after(
      this.#random.between(1_000, 4_000),
      () => {
        const processes = installation.processesOf(release);
        if (processes.some(({ misread }) => misread))
          void installation.mend(release, this.#random.between(100, 500));
        else if (processes.length === 0 && installation.runs(release)) this.#mendWhenItServes(release);
      },
      null,
    );
  }

  /** One of the workflows of a rotation, by how often each is to be taken. */
  #target(
    form: number,
    [rotateLog, lock]: readonly [number, number, number],
    open: boolean,
  ): Execution | undefined {
    const { temporal } = this.#world;
    const schedules = temporal.runs.filter(({ options }) => options.type === SCHEDULED_ROTATION);
    const started = schedules.map(({ workflowId }) => workflowId).slice(-1);
    // In one half of its range each form takes what a schedule started, in the other what that started in turn.
    const asked =
      (form * 100) % 1 < 0.5
        ? [...started, scheduledId('lab'), 'rotate-1']
        : [scheduledId('lab'), 'rotate-1', ...started];
    const ids =
      form < rotateLog
        ? asked
        : form < rotateLog + lock
          ? ['log-lab', ...asked]
          : ['critical-section-lab', 'log-lab'];
    for (const id of ids) {
      const execution = temporal.latest(id);
      if (execution && (execution.open || !open)) {
        return execution;
      }
    }
    return undefined;
  }
}
