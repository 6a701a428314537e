import { PROGRESS, RESUME, type Progress } from '../workflows/messages';
import { inMinutes } from '../workflows/model/times';
import type { Injection } from './injection';
import type { Random } from './random';
import type { Scenario } from './scenario';
import type { SinkCall } from './temporal/workflow-tasks';
import type { Watch } from './watch';
import type { World } from './world/world';

/** What a person works with. */
export interface PersonParts {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly world: World;
  readonly watch: Watch;
  readonly injection: Injection;
  /** Takes work that nobody waits for. */
  readonly inBackground: (work: Promise<void>) => void;
}

/** Whoever runs the log: hears its alarms, and decides what becomes of a rotation that is held. */
export class Person {
  /** The rotation is over, and what happens now is judged by its alarms. */
  late = false;
  readonly #parts: PersonParts;
  readonly #alarmsAt: number[] = [];
  #asked = 0;

  constructor(parts: PersonParts) {
    this.#parts = parts;
  }

  /** They have left the same out again and again: every recovery meets what somebody else has changed, and waits for that. */
  get leavesItSo(): boolean {
    return this.#asked > 6;
  }

  /** Whether there was an alarm at `since` or later. */
  alarmed(since: number): boolean {
    return this.#alarmsAt.some((at) => at >= since);
  }

  /** Hears what a workflow logs, if it is an alarm. */
  onSink({ functionName, args, workflowId }: SinkCall): void {
    const [text] = args as [unknown];
    if (functionName !== 'error' || typeof text !== 'string' || !text.startsWith('ALARM')) {
      return;
    }
    const { world, random, inBackground } = this.#parts;
    const { time, trace } = world;
    trace(() => `${workflowId}: ${text}`);
    this.#alarmsAt.push(time.now);
    if (text.includes('is held')) {
      time.after(random.between(5_000, 30_000), () => inBackground(this.#decide(workflowId)), null);
    }
  }

  /** Looks at what is held, mends what is broken, and decides. */
  async #decide(workflowId: string): Promise<void> {
    const { world, watch, injection, scenario, inBackground } = this.#parts;
    const { time, temporal, trace } = world;
    const execution = temporal.latest(workflowId);
    if (!execution?.open) {
      return;
    }
    // Without a worker nobody answers; whoever looks again a minute later is answered.
    const progress = (await temporal.query(execution, PROGRESS).catch(() => null)) as Progress | null;
    if (!progress) {
      time.after(60_000, () => inBackground(this.#decide(workflowId)), null);
      return;
    }
    const { held } = progress;
    if (!held) {
      return;
    }
    injection.mend();
    // The alarm says what it waits for: writes to other logs can be paused, too.
    world.trillian.strangersInFlight = () => 0;
    this.#asked += 1;
    const forced = this.#asked > 2;
    if (forced && injection.others.changes.length === 0 && !this.late) {
      watch.broken(5, `nothing is broken any more, and ${held.step} is still held: ${held.reason.message}`);
    }
    // What cannot be mended, such as a file that someone else changed, is not tried for ever.
    const wanted = forced ? 'skip' : scenario.person;
    const choice = held.choices.includes(wanted) ? wanted : forced ? 'giveUp' : 'retry';
    trace(() => `a person decides: ${choice} (${held.step}: ${held.reason.message})`);
    try {
      const until = inMinutes(time.now, 5);
      await temporal.update(execution, RESUME, [
        { choice, step: held.step, until, who: 'somebody', why: 'simulated' },
      ]);
    } catch (error) {
      trace(() => `the Update was refused: ${String(error)}`);
    }
    time.after(60_000, () => inBackground(this.#decide(workflowId)), null);
  }
}
