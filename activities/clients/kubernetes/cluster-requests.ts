import { refusal } from '../../../workflows/model/refusals';
import { errorReason } from '../../errors/error-reason';
import { refuse, RefusalError } from '../../errors/refusal-error';
import {
  type CallBounds,
  CallOutcomeUnknown,
  CallTooLate,
  deadlineOf,
  throwIfOver,
  trackChange,
} from '../call-bounds';
import { freshRequest } from '../http';
import type { ClusterAccess } from './cluster-access';
import { type Json, readExactJson, writeExactJson } from './exact-json';
import { type Asked, refusalOfAnswer } from './refused-answers';

/** One request, and who is told what of it. */
export interface ClusterRequest extends Pick<Asked, 'verb' | 'object'> {
  /** Below the server's URL, each part of it encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** One with an effect. */
export interface ClusterChange extends ClusterRequest {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly contentType: string;
  readonly body: Json;
  /** Whether the API server is only to say what would come of it. */
  readonly dryRun: boolean;
}

/** An answer that is no error, or says that there is nothing. */
export interface ClusterAnswer {
  readonly status: number;
  /** Undefined for what is no JSON. */
  readonly body: Json | undefined;
}

/** Requests to an API server, with the rules that all of them share. */
export interface ClusterRequests {
  /** Without effect, and sent once. Answers 404 like what is there. */
  read(request: ClusterRequest, bounds: CallBounds): Promise<ClusterAnswer>;
  /**
   * With an effect: sent at most once, over a connection that stands, and never after its deadline (H8), which the API server
   * is told. Throws `CallOutcomeUnknown` when it was sent and nothing came back that says whether it had its effect; any
   * other error means that it had none.
   *
   * @param understand what the answer's body means; undefined when it cannot be what was asked for.
   */
  change<Result>(
    request: ClusterChange,
    understand: (body: Json | undefined) => Result | undefined,
    bounds: CallBounds,
  ): Promise<Result>;
  /** The refusal CLUSTER_UNREACHABLE. */
  unreachable(reason: string, cause?: unknown): RefusalError;
}

/** Milliseconds for one call. The webhooks that a change asks have 10 s each where nothing else is configured. */
export const DEFAULT_TIMEOUT_MS = 15_000;

/** @param log its name in the configuration, for messages. */
export function clusterRequests(log: string, access: ClusterAccess): ClusterRequests {
  const url = new URL(access.server).origin;

  function unreachable(reason: string, cause?: unknown): RefusalError {
    return refuse('CLUSTER_UNREACHABLE', { log, url, reason }, cause);
  }

  /** A reason that was given already, or that nobody is reached. */
  function notSent(error: unknown, { signal }: CallBounds): unknown {
    if (signal.aborted) return signal.reason;
    const isSaid = error instanceof RefusalError || error instanceof CallTooLate;
    return isSaid ? error : unreachable(errorReason(error), error);
  }

  async function send(
    { path, query }: ClusterRequest,
    { signal }: CallBounds,
    deadline: number,
    change?: ClusterChange & { readonly beforeSending: () => void },
  ): Promise<ClusterAnswer> {
    const timeoutMs = Math.max(deadline - Date.now(), 1);
    // An API server ends then what it has begun (k8s.io/apiserver: pkg/endpoints/filters/request_deadline.go).
    const search = new URLSearchParams({ ...query, timeout: `${timeoutMs}ms` });
    const { status, text } = await freshRequest(`${access.server}${path}?${search.toString()}`, {
      method: change?.method ?? 'GET',
      headers: { accept: 'application/json', ...(change && { 'content-type': change.contentType }) },
      ...(change && { body: writeExactJson(change.body), beforeSending: change.beforeSending }),
      signal,
      timeoutMs,
      transport: access.transport,
    });
    return { status, body: readExactJson(text) };
  }

  /** What an answer is refused for that had no effect. */
  function refusalOf(request: ClusterRequest, { status, body }: ClusterAnswer): RefusalError | undefined {
    if (isSuccess(status)) return undefined;
    const { verb, object } = request;
    const refused =
      status >= 400 && status < 500 ? refusalOfAnswer({ log, verb, object }, status, body) : undefined;
    return refused ?? unreachable(`it answered ${status}`);
  }

  return {
    unreachable,

    async read(request, bounds) {
      const deadline = deadlineOf(bounds, DEFAULT_TIMEOUT_MS);
      throwIfOver(nameOf(request), bounds, deadline);
      let answer: ClusterAnswer;
      try {
        answer = await send(request, bounds, deadline);
      } catch (error) {
        throw notSent(error, bounds);
      }
      const refused = answer.status === 404 ? undefined : refusalOf(request, answer);
      if (refused !== undefined) throw refused;
      return answer;
    },

    async change(request, understand, bounds) {
      const deadline = deadlineOf(bounds, DEFAULT_TIMEOUT_MS);
      throwIfOver(nameOf(request), bounds, deadline);
      const tracked = trackChange(nameOf(request), bounds, deadline);

      function outcomeUnknown(what: string, cause?: unknown): Error {
        if (request.dryRun) return unreachable(what, cause);
        const reason = `${what}, and it is not known whether ${nameOf(request)} had its effect`;
        const options = cause === undefined ? {} : { cause };
        return new CallOutcomeUnknown(
          refusal('CLUSTER_UNREACHABLE', { log, url, reason }),
          deadline,
          options,
        );
      }

      // What is only asked for has no effect that could land later.
      function beforeSending(): void {
        if (request.dryRun) throwIfOver(nameOf(request), bounds, deadline);
        else tracked.beforeSending();
      }

      let answer: ClusterAnswer;
      try {
        answer = await send(request, bounds, deadline, { ...request, beforeSending });
      } catch (error) {
        // A refusal is an answer, too: the API server took nobody with these credentials.
        if (error instanceof RefusalError) tracked.answered();
        else if (tracked.wasSent()) throw outcomeUnknown(errorReason(error), error);
        throw notSent(error, bounds);
      }
      // What went wrong within, behind it or between may have come after the effect.
      if (answer.status >= 500) throw outcomeUnknown(`it answered ${answer.status}`);
      const refused = refusalOf(request, answer);
      if (refused !== undefined) {
        tracked.answered();
        throw refused;
      }
      const result = understand(answer.body);
      if (result === undefined) throw outcomeUnknown('its answer is not what was asked for');
      tracked.answered();
      return result;
    },
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function nameOf({ verb, object }: ClusterRequest): string {
  return `${verb} of ${object}`;
}
