import type { Client, Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { whileNoneIsAborted } from '../activities/bounds/signals';
import { errorReason } from '../activities/errors/error-reason';
import { refuse, type RefusalError } from '../activities/errors/refusal-error';
import type { TemporalTarget } from '../config/temporal-target';

/** How long a program waits for Temporal before it says that it is not there. Milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** gRPC status codes (grpc.io, "Status codes") that tell why Temporal said no. */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** A client and what closes it. */
export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** Connects a client within 5 s. Refuses TEMPORAL_UNREACHABLE, TEMPORAL_DENIED or TEMPORAL_NAMESPACE_UNKNOWN. */
export async function connectClient(target: TemporalTarget): Promise<TemporalClient> {
  const { Client, Connection } = await import('@temporalio/client');
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...target.options, connectTimeout: CONNECT_TIMEOUT_MS });
  } catch (error) {
    throw refusalOf(error, target);
  }
  try {
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace: target.namespace }),
    );
  } catch (error) {
    // A key may be allowed to run workflows and not to describe the namespace; then the call that matters will say so.
    if (codeOf(error) !== PERMISSION_DENIED) {
      await connection.close();
      throw refusalOf(error, target);
    }
  }
  const client = new Client({ connection, namespace: target.namespace });
  return { client, connection, close: () => connection.close() };
}

/** Connects a client for as long as it is used. Refuses as `connectClient`. */
export async function withTemporal<Result>(
  target: TemporalTarget,
  use: (temporal: TemporalClient) => Promise<Result>,
): Promise<Result> {
  const temporal = await connectClient(target);
  try {
    return await use(temporal);
  } finally {
    await temporal.close();
  }
}

/**
 * Makes calls that end when a signal is aborted, by a signal of their own: the SDK takes no listener from one again, and a worker's
 * would gather them for months (findings/temporal-abort-signal.sh).
 */
export async function whileNotAborted<Result>(
  connection: Connection,
  signal: AbortSignal,
  call: () => Promise<Result>,
): Promise<Result> {
  return await whileNoneIsAborted([signal], (own) => connection.withAbortSignal(own, call));
}

/** Connects a worker; tries once, because the native connection does (a worker brings its own patience). */
export async function connectWorker(target: TemporalTarget): Promise<NativeConnection> {
  const { NativeConnection } = await import('@temporalio/worker');
  try {
    return await NativeConnection.connect(target.options);
  } catch (error) {
    throw refusalOf(error, target);
  }
}

/** The same for an error that may be none of Temporal's; undefined then. */
export function temporalRefusal(error: unknown, target: TemporalTarget): RefusalError | undefined {
  return typeof codeOf(error) === 'number' ? refusalOf(error, target) : undefined;
}

/** What an error of Temporal's client or worker means for a person. */
function refusalOf(error: unknown, { address, namespace }: TemporalTarget): RefusalError {
  const code = codeOf(error);
  if (code === NOT_FOUND) {
    return refuse('TEMPORAL_NAMESPACE_UNKNOWN', { address, namespace }, error);
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    return refuse('TEMPORAL_DENIED', { address, namespace, reason: errorReason(error) }, error);
  }
  return refuse('TEMPORAL_UNREACHABLE', { address, reason: errorReason(error) }, error);
}

function codeOf(error: unknown): unknown {
  const inner = error instanceof Error && error.cause ? error.cause : error;
  return typeof inner === 'object' && inner !== null && 'code' in inner ? inner.code : undefined;
}
