import { ActivityNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { readTaskToken } from './activity-context';
import { valueOf } from './conversion';
import type { Execution } from './execution';
import type { TemporalServer } from './server';

/** How a client's call travels; rejects when Temporal cannot be reached. */
export type Travel = <Result>(method: string, effect: () => Result) => Promise<Result>;

/** As much of the SDK's client as activities use. Asking it for anything else fails with the name of what is missing. */
export function simulatedClient(server: () => TemporalServer, travel: Travel): Client {
  const found = (workflowId: string): Execution => {
    const execution = server().latest(workflowId);
    if (!execution) {
      throw new WorkflowNotFoundError('workflow not found', workflowId, undefined);
    }
    return execution;
  };
  const describe = (execution: Execution) => ({
    workflowId: execution.workflowId,
    runId: execution.runId,
    type: execution.options.type,
    status: { name: execution.status, code: 0 },
    startTime: new Date(execution.startedAt),
    ...(execution.closedAt !== undefined && { closeTime: new Date(execution.closedAt) }),
    memo: Object.fromEntries(
      Object.entries(execution.options.memo).map(([key, payload]) => [key, valueOf(payload)]),
    ),
    raw: {
      ...(execution.taskAttempts > 0 && { pendingWorkflowTask: { attempt: execution.taskAttempts + 1 } }),
      pendingActivities: [...execution.activities.values()].map(({ activityId, beginsAt, heardAt }) => ({
        activityId,
        scheduledTime: secondsOf(beginsAt),
        lastHeartbeatTime: secondsOf(heardAt),
      })),
    },
  });
  const client = {
    options: { namespace: 'default' },
    withDeadline: <Result>(_: number, call: () => Promise<Result>) => call(),
    workflow: only('client.workflow', {
      getHandle: (workflowId: string) =>
        only('client.workflow.getHandle()', {
          workflowId,
          describe: () => travel('describe', () => describe(found(workflowId))),
          query: (name: string) =>
            travel('query', () => found(workflowId)).then((execution) => server().query(execution, name)),
        }),
    }),
    activity: only('client.activity', {
      fail: (token: Uint8Array, error: Error) =>
        travel('fail', () => {
          const { runId, seq, attempt } = readTaskToken(token);
          const run = server().runs.find((one) => one.runId === runId);
          if (run?.activities.get(seq)?.fail(attempt, error) !== true) {
            throw new ActivityNotFoundError('activity not found');
          }
        }),
    }),
    connection: only('client.connection', {
      workflowService: only('client.connection.workflowService', {
        describeTaskQueue: () => travel('describeTaskQueue', () => ({ pollers: server().pollers() })),
      }),
      operatorService: only('client.connection.operatorService', {
        listSearchAttributes: () =>
          travel('listSearchAttributes', () => ({ customAttributes: server().searchAttributes })),
      }),
    }),
    workflowService: only('client.workflowService', {
      resetStickyTaskQueue: ({ execution }: { execution: { runId: string } }) =>
        travel('resetSticky', () => {
          const run = server().runs.find((one) => one.runId === execution.runId);
          if (run) run.sticky = undefined;
        }),
      getWorkflowExecutionHistoryReverse: ({ execution }: { execution: { workflowId: string } }) =>
        travel('history', () => {
          const { lastEventAt } = found(execution.workflowId);
          return { history: { events: [{ eventTime: secondsOf(lastEventAt) }] } };
        }),
    }),
  };
  return only('client', client) as unknown as Client;
}

function secondsOf(ms: number) {
  return { seconds: Math.floor(ms / 1000), nanos: 0 };
}

function only<Members extends object>(name: string, members: Members): Members {
  return new Proxy(members, {
    get: (target, key) => {
      if (!(key in target) && key !== 'then' && typeof key === 'string') {
        throw new Error(`The simulated Temporal has no ${name}.${key}.`);
      }
      return Reflect.get(target, key) as unknown;
    },
  });
}
