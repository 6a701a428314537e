/**
 * The workflows of the simulation run in the SDK's own runtime, which it offers to nobody. What is used of its inside:
 * `lib/workflow/` of @temporalio/worker (here), `lib/time` of @temporalio/common (conversion.ts), the messages between the
 * SDK and its core in @temporalio/proto (conversion.ts, workflow-tasks.ts), and the constructor of an activity's `Context`
 * (activity-context.ts). All are pinned to one version; test/simulation/sdk.test.ts says what an update has changed.
 */
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared';
import type { Workflow, WorkflowCreateOptions } from '@temporalio/worker/lib/workflow/interface';

export type { Workflow, WorkflowCreateOptions };

const noSourceMap = { version: 3, sources: [], names: [], mappings: '', file: 'bundle.js' };

/** The SDK's own runtime for workflow code, with one bundle loaded. */
export class WorkflowRuntime {
  readonly #creator: ReusableVMWorkflowCreator;

  private constructor(creator: ReusableVMWorkflowCreator) {
    this.#creator = creator;
  }

  /** Loads a bundle once; every workflow of every run is made from it. */
  static async load(bundle: string): Promise<WorkflowRuntime> {
    // The SDK's handlers look at every promise of this program, to print stacks that nobody reads here.
    globalHandlers.installed = true;
    const code = bundle.replace(/\n\/\/# sourceMappingURL=data:[^\n]*\s*$/, '\n');
    const creator = await ReusableVMWorkflowCreator.create(
      { code, filename: 'workflows/bundle.js', sourceMap: noSourceMap },
      // Without a timeout: a thread would watch over each call.
      undefined as unknown as number,
      new Set<string>(),
    );
    return new WorkflowRuntime(creator);
  }

  async instance(options: WorkflowCreateOptions): Promise<Workflow> {
    return await this.#creator.createWorkflow(options);
  }
}
