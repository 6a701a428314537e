import { type ServiceError, status } from '@grpc/grpc-js';
import { refusal } from '../../workflows/model/refusals';
import { abortReason, pause } from '../bounds/waiting';
import { errorReason } from '../errors/error-reason';
import { OwnWords } from '../errors/own-words';
import { refuse } from '../errors/refusal-error';
import { type CallBounds, CallOutcomeUnknown, deadlineOf, throwIfOver, trackChange } from './call-bounds';
import { overGrpc, type TrillianCall, type TrillianMethod, type TrillianOptions } from './trillian-transport';

/** Trillian answered with an error of its own: nothing more will come of this call. */
export class TrillianError extends OwnWords {
  /** @param details Trillian's own text, which tells cases of one code apart. No person is told it. */
  constructor(
    method: string,
    readonly code: status,
    readonly details: string,
    options?: ErrorOptions,
  ) {
    super(`Trillian answered ${method} with ${status[code]}`, { ...options, detail: details });
    this.name = 'TrillianError';
  }
}

/** Milliseconds for one call. */
const DEFAULT_TIMEOUT_MS = 5000;

/** Pauses between the tries of a read, in milliseconds. */
const READ_RETRY_PAUSES_MS = [50, 100, 200];

/** Calls to a Trillian log server, with the rules that all of them share. */
export interface TrillianCalls {
  /** A call without effect: repeated when the connection breaks, for as long as its deadline allows. */
  readonly read: TrillianCall<[bounds: CallBounds]>;
  /**
   * A call with an effect: sent at most once, over a connection that stands, and never after its deadline (H8).
   * Throws `CallOutcomeUnknown` when it was sent and no answer came; any other error means that nothing was sent, or
   * that Trillian said no. Both refuse TRILLIAN_QUOTA: of what is sent here, Trillian's default quotas charge QueueLeaf and
   * InitLog alone, and one of etcd may charge reads of a tree's leaves, too (trillian: server/interceptor/interceptor.go).
   */
  readonly change: TrillianCall<[bounds: CallBounds]>;
  close(): void;
}

/** Opens the connection when the first call is made, which refuses TLS_FILE_UNUSABLE for a file that cannot be used. */
export function openTrillianCalls(options: TrillianOptions): TrillianCalls {
  const transport = options.transport ?? overGrpc(options);

  function unreachable(reason: string, cause?: unknown): Error {
    return refuse('TRILLIAN_UNREACHABLE', { log: options.log, address: options.address, reason }, cause);
  }

  /** What Trillian's answer means that is an error. */
  function saidNo(method: TrillianMethod, error: ServiceError): Error {
    const { log, address } = options;
    return error.code === status.RESOURCE_EXHAUSTED
      ? refuse('TRILLIAN_QUOTA', { log, address, method, reason: error.details }, error)
      : new TrillianError(method, error.code, error.details, { cause: error });
  }

  return {
    async read(name, request, bounds) {
      const started = Date.now();
      const deadline = deadlineOf(bounds, DEFAULT_TIMEOUT_MS);
      for (let tries = 0; ; tries++) {
        throwIfOver(name, bounds, deadline);
        try {
          return await transport.send(name, request, deadline, bounds.signal);
        } catch (error) {
          bounds.signal.throwIfAborted();
          if (!isServiceError(error)) throw error;
          if (error.code === status.DEADLINE_EXCEEDED) {
            throw unreachable(`no answer to ${name} within ${deadline - started} ms`, error);
          }
          if (error.code !== status.UNAVAILABLE) throw saidNo(name, error);
          const pauseMs = READ_RETRY_PAUSES_MS[tries];
          if (pauseMs === undefined || Date.now() + pauseMs >= deadline)
            throw unreachable(`no connection (${errorReason(error)})`, error);
          await pause(pauseMs, bounds.signal);
        }
      }
    },

    async change(name, request, bounds) {
      const deadline = deadlineOf(bounds, DEFAULT_TIMEOUT_MS);
      throwIfOver(name, bounds, deadline);
      // Nothing may wait in the channel and leave later: the connection stands first, then the clock is looked at.
      await transport.connected(deadline, bounds.signal).catch((error: unknown) => {
        throw bounds.signal.aborted ? abortReason(bounds.signal) : unreachable('no connection', error);
      });
      const tracked = trackChange(name, bounds, deadline);
      tracked.beforeSending();
      try {
        const answer = await transport.send(name, request, deadline, bounds.signal);
        tracked.answered();
        return answer;
      } catch (error) {
        if (!isServiceError(error)) throw error;
        if (UNANSWERED.has(error.code)) {
          const { log, address } = options;
          const reason = `no answer to ${name}, of which it is not known whether it had its effect`;
          throw new CallOutcomeUnknown(refusal('TRILLIAN_UNREACHABLE', { log, address, reason }), deadline, {
            cause: error,
          });
        }
        tracked.answered();
        throw saidNo(name, error);
      }
    },

    close: () => transport.close(),
  };
}

/** Codes that gRPC makes up itself when no answer came; Trillian answers with none of them but on a deadline. */
const UNANSWERED: ReadonlySet<status> = new Set([
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNAVAILABLE,
]);

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && typeof error.code === 'number';
}
