import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { temporal } from '@temporalio/proto';

const { DescribeWorkflowExecutionResponse } = temporal.api.workflowservice.v1;

/** A front before a real Temporal server that lets workflows look as they do on a server which can pause them. */
export interface PausingFront {
  /** `host:port`. */
  readonly address: string;
  /** From now on the workflow is described as paused. It runs on: the server behind, of version 1.29, cannot pause. */
  pause(workflowId: string): void;
  unpause(workflowId: string): void;
  /** The workflow ids of which a query was asked. */
  readonly queried: readonly string[];
  stop(): void;
}

/** Who has paused it, and why. */
export const pausedBy = { identity: 'ada@example.com', reason: 'look at the database first' } as const;
export const pausedAt = '2026-01-31T03:10:00.000Z';

const service = 'temporal.api.workflowservice.v1.WorkflowService';
const describing = 'DescribeWorkflowExecution';
const querying = 'QueryWorkflow';

/** The methods of Temporal's service that our clients call. */
const methods = [
  'GetSystemInfo',
  'DescribeNamespace',
  describing,
  querying,
  'ListWorkflowExecutions',
  'CountWorkflowExecutions',
  'StartWorkflowExecution',
  'RequestCancelWorkflowExecution',
  'SignalWorkflowExecution',
  'UpdateWorkflowExecution',
  'GetWorkflowExecutionHistory',
  'GetWorkflowExecutionHistoryReverse',
  'DescribeSchedule',
  'DescribeTaskQueue',
];

export async function startPausingFront(upstreamAddress: string): Promise<PausingFront> {
  const paused = new Set<string>();
  const queried: string[] = [];
  const upstream = new Client(upstreamAddress, credentials.createInsecure());
  const server = new Server();
  for (const name of methods) {
    const path = `/${service}/${name}`;
    const handle = (incoming: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void => {
      if (name === querying) {
        const { execution } = temporal.api.workflowservice.v1.QueryWorkflowRequest.decode(incoming.request);
        queried.push(execution?.workflowId ?? '');
      }
      const outgoing = upstream.makeUnaryRequest<Buffer, Buffer>(
        path,
        asIs,
        asIs,
        incoming.request,
        incoming.metadata,
        { deadline: incoming.getDeadline() },
        (error: ServiceError | null, bytes) => {
          if (error) {
            reply({ code: error.code, details: error.details, metadata: error.metadata });
          } else {
            const answer = bytes ?? Buffer.alloc(0);
            reply(null, name === describing ? described(answer, paused) : answer);
          }
        },
      );
      incoming.on('cancelled', () => outgoing.cancel());
    };
    server.addService(
      { [name]: { path, requestStream: false, responseStream: false, ...unread } },
      { [name]: handle },
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    pause: (workflowId) => paused.add(workflowId),
    unpause: (workflowId) => paused.delete(workflowId),
    queried,
    stop: () => {
      server.forceShutdown();
      upstream.close();
    },
  };
}

const asIs = (bytes: Buffer): Buffer => bytes;
const unread = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};

const { WORKFLOW_EXECUTION_STATUS_RUNNING: running, WORKFLOW_EXECUTION_STATUS_PAUSED: nowPaused } =
  temporal.api.enums.v1.WorkflowExecutionStatus;

/** An answer to `describe` as servers from 1.30 give it of a paused execution. */
function described(bytes: Buffer, paused: ReadonlySet<string>): Buffer {
  const response = DescribeWorkflowExecutionResponse.decode(bytes);
  const info = response.workflowExecutionInfo;
  if (!info || info.status !== running || !paused.has(info.execution?.workflowId ?? '')) {
    return bytes;
  }
  info.status = nowPaused;
  const pausedTime = { seconds: Math.floor(new Date(pausedAt).getTime() / 1000) as unknown as Long };
  response.workflowExtendedInfo = {
    ...response.workflowExtendedInfo,
    pauseInfo: { ...pausedBy, pausedTime },
  };
  return Buffer.from(DescribeWorkflowExecutionResponse.encode(response).finish());
}

type Long = NonNullable<
  NonNullable<Parameters<typeof temporal.api.workflow.v1.WorkflowExecutionPauseInfo.create>[0]>['pausedTime']
>['seconds'];
