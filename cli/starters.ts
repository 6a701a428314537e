import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { RECOVER_LOG, ROTATE_LOG } from '../workflows/messages';
import { isOpen, OPEN_EXECUTIONS, pauseOf, type Pause } from '../workflows/model/executions';
import type { RotationHandle } from './rotation-handle';

/** How many open rotations and recoveries, of all logs, are looked through for those of one log. */
const OPEN_WORKFLOWS = 500;

/** What somebody has started for a log, as long as it is open: it looks, or waits for the workflow that holds the lock. */
export interface Starter {
  readonly handle: RotationHandle;
  readonly what: 'rotation' | 'recovery';
  /** It only says what would be done. */
  readonly dryRun: boolean;
  readonly startedAt: Date;
  readonly paused: Pause | null;
}

/**
 * The open rotations and recoveries that were asked for a log, newest first. Their inputs tell which log they are about: no
 * worker is needed for that, and one that does not answer for another log keeps nobody waiting.
 */
export async function startersOf(client: Client, log: string): Promise<Starter[]> {
  const query = `WorkflowType IN ("${ROTATE_LOG}", "${RECOVER_LOG}") AND ${OPEN_EXECUTIONS}`;
  const open: { readonly workflowId: string; readonly runId: string }[] = [];
  for await (const execution of client.workflow.list({ query })) {
    open.push(execution);
    if (open.length === OPEN_WORKFLOWS) {
      break;
    }
  }
  const found = await Promise.all(
    open.map(async ({ workflowId, runId }) => {
      // One that ended or was deleted meanwhile, or that cannot be read, is not the one that is looked for.
      const input = await inputOf(client, workflowId, runId).catch(() => undefined);
      return input?.log === log ? await starter(client, workflowId, runId, input) : null;
    }),
  );
  return found.filter((one) => one !== null);
}

/** As much of the input of `rotateLog` and `recoverLog` as is needed here; a person's form may have sent anything. */
type Input = Readonly<Partial<Record<'log' | 'dryRun', unknown>>>;

/** How an execution was started: its first event says it. */
export async function startOf(client: Client, workflowId: string, runId: string) {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? undefined;
}

/** The first argument that an execution was started with. */
export async function inputOf(client: Client, workflowId: string, runId: string): Promise<Input | undefined> {
  const [payload] = (await startOf(client, workflowId, runId))?.input?.payloads ?? [];
  const input: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  return typeof input === 'object' && input !== null ? input : undefined;
}

/** Null for one that has ended: the list is some moments behind. */
async function starter(
  client: Client,
  workflowId: string,
  runId: string,
  { dryRun }: Input,
): Promise<Starter | null> {
  const handle: RotationHandle = client.workflow.getHandle(workflowId, runId);
  const description = await handle.describe();
  return isOpen(description)
    ? {
        handle,
        what: description.type === RECOVER_LOG ? 'recovery' : 'rotation',
        dryRun: dryRun === true,
        startedAt: description.startTime,
        paused: pauseOf(description),
      }
    : null;
}
