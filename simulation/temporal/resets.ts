import { TerminatedFailure } from '@temporalio/common';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import type { Children } from './children';
import type { Commands } from './commands';
import { failureOf, timestamp, type Job } from './conversion';
import { Execution, type CompletedTask, type Status } from './execution';
import type { Timers } from './timers';

/** What resets need of the server. */
export interface ResetHost {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: (line: () => string) => void;
  /** A name that nothing else has. */
  newId(kind: string): string;
  latest(workflowId: string): Execution | undefined;
  close(execution: Execution, status: Status, how: { readonly reset: boolean }): void;
  /** Takes a run among the others, and gives it to a worker soon. */
  begin(run: Execution): void;
}

/** What a new run takes up again of what the kept tasks have asked for. */
export interface ResetRooms {
  readonly commands: Commands;
  readonly timers: Timers;
  readonly children: Children;
}

/** Runs that begin in the middle of other ones. */
export class Resets {
  readonly #host: ResetHost;
  readonly #rooms: ResetRooms;

  constructor(host: ResetHost, rooms: ResetRooms) {
    this.#host = host;
    this.#rooms = rooms;
  }

  /** Keeps the first `tasks` workflow tasks of a run, and ends the newest run of its id if that is open. */
  reset(from: Execution, tasks: number): void {
    const { random, trace } = this.#host;
    const kept = from.history.slice(0, tasks);
    const again = from.history[tasks];
    trace(() => `${from.workflowId} (${from.options.type}) reset to its workflow task ${tasks + 1}`);
    const former = this.#host.latest(from.workflowId);
    const run = new Execution(from.options, {
      runId: this.#host.newId('run'),
      firstRunId: from.firstRunId,
      originalRunId: from.originalRunId,
      startedAt: from.startedAt,
      seed: from.seed,
    });
    run.flags = [...from.flags];
    run.history = kept;
    if (former?.open) {
      former.failure = failureOf(new TerminatedFailure('reset'));
      this.#host.close(former, 'TERMINATED', { reset: true });
    }
    const jobs = [...(again?.jobs ?? from.pending)];
    this.#takeUp(run, from, kept, jobs);
    // A timestamp's seconds are a 64-bit number, which is what a seed must be.
    const { seconds } = timestamp(random.whole(1, 1_000_000_000) * 1000);
    jobs.unshift({ updateRandomSeed: { randomnessSeed: seconds } });
    run.pending = jobs;
    this.#host.begin(run);
  }

  /** What the new run waits for: all that its kept tasks have asked for and that had not come by then. */
  #takeUp(run: Execution, from: Execution, kept: readonly CompletedTask[], jobs: readonly Job[]): void {
    const { commands, timers, children } = this.#rooms;
    const all = [...kept.flatMap((task) => task.jobs), ...jobs];
    const came = (
      name:
        | 'resolveActivity'
        | 'fireTimer'
        | 'resolveChildWorkflowExecutionStart'
        | 'resolveChildWorkflowExecution',
      seq: number,
    ): boolean => all.some((job) => job[name] != null && (job[name].seq ?? 0) === seq);
    for (const task of kept) {
      for (const command of task.commands) {
        const { scheduleActivity, startTimer, cancelTimer, startChildWorkflowExecution } = command;
        if (scheduleActivity && !came('resolveActivity', scheduleActivity.seq ?? 0)) {
          commands.obey(run, command);
        } else if (startTimer && !came('fireTimer', startTimer.seq ?? 0)) {
          timers.start(run, startTimer, task.at);
        } else if (cancelTimer) {
          commands.obey(run, command);
        } else if (startChildWorkflowExecution) {
          const seq = startChildWorkflowExecution.seq ?? 0;
          // One that was refused, because its id was taken, is not its child.
          const began = all.some((job) => {
            const start = job.resolveChildWorkflowExecutionStart;
            return start != null && (start.seq ?? 0) === seq && start.succeeded != null;
          });
          if (!came('resolveChildWorkflowExecutionStart', seq)) {
            commands.obey(run, command);
          } else if (began && !came('resolveChildWorkflowExecution', seq)) {
            children.adopt(run, from, startChildWorkflowExecution);
          }
        } else if (command.requestCancelActivity || command.cancelChildWorkflowExecution) {
          this.#host.time.after(0, () => commands.obey(run, command), null);
        }
      }
    }
  }
}
