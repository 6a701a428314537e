import { ActivityTask, type ActivityHost } from './activity-task';
import type { Children } from './children';
import { valueOf, type Command, type Payload } from './conversion';
import type { Execution, Status } from './execution';
import type { Timers } from './timers';
import type { Updates } from './updates';

/** What commands need of the server. */
export interface CommandHost extends ActivityHost {
  close(execution: Execution, status: Status): void;
  /** The search attributes that there are, with their types. */
  readonly searchAttributes: Readonly<Record<string, number>>;
}

/** Where most of it is done. */
export interface CommandRooms {
  readonly timers: Timers;
  readonly children: Children;
  readonly updates: Updates;
}

/** Does what workflows ask for at the end of their tasks. */
export class Commands {
  readonly #host: CommandHost;
  readonly #rooms: CommandRooms;

  constructor(host: CommandHost, rooms: CommandRooms) {
    this.#host = host;
    this.#rooms = rooms;
  }

  /** Does what one command asks for; throws for one that the simulation does not know. */
  obey(execution: Execution, command: Command): void {
    const { timers, children, updates } = this.#rooms;
    if (command.scheduleActivity) {
      const task = new ActivityTask(this.#host, execution, command.scheduleActivity);
      execution.activities.set(task.seq, task);
    } else if (command.requestCancelActivity) {
      execution.activities.get(command.requestCancelActivity.seq ?? 0)?.requestCancel();
    } else if (command.startTimer) {
      timers.start(execution, command.startTimer, this.#host.time.now);
    } else if (command.cancelTimer) {
      timers.cancel(execution, command.cancelTimer.seq ?? 0);
    } else if (command.startChildWorkflowExecution) {
      children.start(execution, command.startChildWorkflowExecution);
    } else if (command.cancelChildWorkflowExecution) {
      children.cancel(execution, command.cancelChildWorkflowExecution.childWorkflowSeq ?? 0);
    } else if (command.updateResponse) {
      updates.answered(execution, command.updateResponse);
    } else if (command.completeWorkflowExecution) {
      execution.result = command.completeWorkflowExecution.result ?? undefined;
      this.#host.close(execution, 'COMPLETED');
    } else if (command.failWorkflowExecution) {
      execution.failure = command.failWorkflowExecution.failure ?? undefined;
      this.#host.close(execution, 'FAILED');
    } else if (command.cancelWorkflowExecution) {
      this.#host.close(execution, 'CANCELED');
    } else if (command.upsertWorkflowSearchAttributes) {
      this.#upsert(execution, command.upsertWorkflowSearchAttributes.searchAttributes?.indexedFields ?? {});
    } else if (!command.setPatchMarker && !command.modifyWorkflowProperties && !command.respondToQuery) {
      throw new Error(`The simulated Temporal knows no command ${JSON.stringify(Object.keys(command))}.`);
    }
  }

  /** A real server lets a workflow that sets an attribute which is not there stand still for ever (H24). */
  #upsert(execution: Execution, values: Readonly<Record<string, Payload>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (this.#host.searchAttributes[name] === undefined) {
        throw new Error(`${execution.workflowId} sets the search attribute ${name}, which is not there.`);
      }
      execution.searchAttributes.set(name, String(valueOf(value)));
    }
  }
}
