import type { Order } from '../gate/orders';
import { Injection, type Covered } from './injection';
import type { Random } from './random';
import type { Scenario } from './scenario';
import type { Execution } from './temporal/execution';
import type { WorkflowRuntime } from './temporal/runtime';
import type { SinkCall } from './temporal/workflow-tasks';
import type { VirtualTime } from './virtual-time';
import { Watch } from './watch';
import { World, type Mutation } from './world/world';

export interface WatchedWorldParts {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly runtime: WorkflowRuntime;
  readonly mutation: Mutation;
  readonly covered: Covered;
  readonly onSink: (call: SinkCall) => void;
  readonly onAsked?: (execution: Execution, activity: string) => void;
  readonly onOrder?: (order: Order) => void;
  readonly trace: (line: () => string) => void;
  /** Another clock than that of a run. */
  readonly time?: VirtualTime;
}

/** A world with what lets things go wrong in it, what looks at every moment of it, and what its clients saw fail. */
export class WatchedWorld {
  readonly world: World;
  readonly watch = new Watch();
  readonly injection: Injection;
  readonly failed: string[] = [];

  constructor(parts: WatchedWorldParts) {
    const { scenario, random, runtime, mutation, covered, onSink, onAsked, onOrder, trace, time } = parts;
    const { watch, failed } = this;
    const injection = (this.injection = new Injection(scenario, random.stream('faults'), watch, covered));
    this.world = new World({
      scenario,
      random,
      runtime,
      mutate: mutation,
      ...(time && { time }),
      watcher: {
        onState: (tree, before, by) => watch.onState(tree, before, by),
        onBackoff: (activity, forMs) => watch.onBackoff(activity, forMs),
        onGivenUp: (activity) => watch.onGivenUp(activity),
        onSigned: (entry, by) => watch.onSigned(entry, by),
        onWaited: (ms) => watch.onWaited(ms),
        onMisreadWrite: (process) => watch.onMisreadWrite(process),
        onOrder: (order) => {
          watch.onOrder(order);
          onOrder?.(order);
        },
        onRead: (instances, beganAt) => watch.onRead(instances, beganAt),
        onSink,
        onAsked: (execution, activity) => onAsked?.(execution, activity),
        onFailed: (what) => failed.push(`${Math.round(this.world.time.elapsed)} ${what}`),
        onWrongRead: (what) => watch.onWrongRead(what),
      },
      deliver: (call, by) => injection.deliver(call, by),
      onFile: (operation) => injection.onFile(operation),
      attemptEnded: (task) => injection.attemptEnded(task),
      trace,
    });
    watch.watches(this.world);
    injection.worksOn(this.world);
  }

  /** Lets time pass until `body` has ended, at most so long; what fails in it is thrown. Returns whether it has ended. */
  async run(body: Promise<void>, limitMs: number): Promise<boolean> {
    const { time, temporal } = this.world;
    let over: 'no' | 'yes' | { readonly error: unknown } = 'no';
    body.then(
      () => (over = 'yes'),
      (error: unknown) => (over = { error }),
    );
    await time.run(() => over !== 'no' || time.elapsed > limitMs);
    for (const execution of temporal.runs) {
      await execution.instance?.dispose();
    }
    const ended = over as 'no' | 'yes' | { readonly error: unknown };
    if (typeof ended === 'object') {
      throw ended.error;
    }
    return ended === 'yes';
  }
}
