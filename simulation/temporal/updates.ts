import { errorOf, payloadsOf, valueOf, type Job } from './conversion';
import type { Execution, UpdateResponse } from './execution';

/** What updates need of the server. */
export interface UpdateHost {
  /** A name that nothing else has. */
  newId(kind: string): string;
  /** Tells a workflow what happened. */
  happened(execution: Execution, job: Job): void;
}

/** What clients ask of workflows while they run, and what these answer. */
export class Updates {
  readonly #host: UpdateHost;

  constructor(host: UpdateHost) {
    this.#host = host;
  }

  /** Resolves with the handler's result; rejects with its failure, or a validator's. */
  ask(execution: Execution, name: string, args: readonly unknown[]): Promise<unknown> {
    if (!execution.open) {
      return Promise.reject(new Error(`${execution.workflowId} is closed`));
    }
    const id = this.#host.newId('update');
    return new Promise((resolve, reject) => {
      execution.updates.set(id, (response) => {
        if (response.rejected) {
          reject(errorOf(response.rejected));
        } else if (response.completed) {
          resolve(valueOf(response.completed));
        }
      });
      this.#host.happened(execution, {
        doUpdate: {
          id,
          protocolInstanceId: id,
          name,
          input: payloadsOf(args),
          headers: {},
          meta: { updateId: id, identity: 'simulation' },
          runValidator: true,
        },
      });
    });
  }

  /** Brings a workflow's answer to whoever asked. */
  answered(execution: Execution, response: UpdateResponse): void {
    execution.updates.get(response.protocolInstanceId ?? '')?.(response);
  }
}
