import { z } from 'zod';
import { withoutCredentials } from '../../../workflows/model/without-credentials';
import { refusal, type Refusal } from '../../../workflows/model/refusals';
import {
  type CallBounds,
  CallOutcomeUnknown,
  CallTooLate,
  deadlineOf,
  throwIfOver,
  trackChange,
} from '../../clients/call-bounds';
import { freshRequest, type HttpTransport } from '../../clients/http';
import { parseJson } from '../../clients/parse-json';
import { errorReason } from '../../errors/error-reason';
import { refuse, RefusalError } from '../../errors/refusal-error';
import type { Instance } from '../../../workflows/model/log';
import { LAUNCHER_PORT } from './next-objects';

/** What a launcher says of the Rekor that it starts and stops (launcher/). */
export type LauncherState = z.output<typeof launcherState>;

const launcherState = z.object({
  /** Rekor is to run. */
  wanted: z.boolean(),
  running: z.boolean(),
  /** How the last Rekor ended, in words; null before. */
  lastExit: z.string().nullable(),
});

const launcherRefusal = z.object({ error: z.string() });

/** The launchers of one attempt's pods. An order that was sent and got no answer is thrown as `CallOutcomeUnknown`. */
export interface Launchers {
  /** Refuses LAUNCHER_UNREACHABLE. */
  state(pod: Instance, bounds: CallBounds): Promise<LauncherState>;
  /** Rekor runs from the answer on. Refuses LAUNCHER_UNREACHABLE, and LAUNCHER_REFUSED when it cannot. */
  start(pod: Instance, bounds: CallBounds): Promise<LauncherState>;
  /** Rekor has ended by the answer. */
  stop(pod: Instance, bounds: CallBounds): Promise<LauncherState>;
}

export interface LaunchersOptions {
  readonly log: string;
  readonly attemptId: string;
  readonly token: string;
  readonly transport?: HttpTransport | undefined;
}

type Answer = Awaited<ReturnType<typeof freshRequest>>;

/** Rekor is given 10 s to end; the rest is for a busy node. */
const TIMEOUT_MS = 15_000;

/**
 * Orders carry the end of their time and the attempt that they are for, so that one which lands late does nothing. One that
 * was sent and not answered may still be carried out until then: it is thrown as `CallOutcomeUnknown` (H8).
 */
export function launchersOf({ log, attemptId, token, transport }: LaunchersOptions): Launchers {
  const headers = { authorization: `Bearer ${token}`, attempt: attemptId };

  function unreachable({ name, url }: Instance, reason: string): Refusal {
    return refusal('LAUNCHER_UNREACHABLE', { log, pod: name, url: launcherAddress(url), reason });
  }

  /** What a launcher has answered; undefined when that is not the answer of a launcher. */
  function understood(pod: Instance, { status, text }: Answer): LauncherState | RefusalError | undefined {
    const body = parseJson(text);
    const state = status === 200 ? launcherState.safeParse(body) : undefined;
    if (state?.success) return state.data;
    const refused = launcherRefusal.safeParse(body);
    if (!refused.success) return undefined;
    return refuse('LAUNCHER_REFUSED', { log, pod: pod.name, reason: withoutCredentials(refused.data.error) });
  }

  async function state(pod: Instance, bounds: CallBounds): Promise<LauncherState> {
    const deadline = deadlineOf(bounds, TIMEOUT_MS);
    throwIfOver(`state of ${pod.name}`, bounds, deadline);
    const { signal } = bounds;
    const timeoutMs = Math.max(deadline - Date.now(), 1);
    const url = `${launcherAddress(pod.url)}/state`;
    const answer = await freshRequest(url, { headers, signal, timeoutMs, transport }).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        throw new RefusalError(unreachable(pod, errorReason(error)), { cause: error });
      },
    );
    const found = understood(pod, answer);
    if (found === undefined) throw new RefusalError(unreachable(pod, `it answered ${answer.status}`));
    if (found instanceof RefusalError) throw found;
    return found;
  }

  async function give(order: 'start' | 'stop', pod: Instance, bounds: CallBounds): Promise<LauncherState> {
    const { signal } = bounds;
    const deadline = deadlineOf(bounds, TIMEOUT_MS);
    const call = `${order} of ${pod.name}`;
    throwIfOver(call, bounds, deadline);
    const tracked = trackChange(call, bounds, deadline);

    function withoutAnswer(reason: string, cause?: unknown): Error {
      const why = `${reason}, and it is not known whether it followed the order to ${order}`;
      return new CallOutcomeUnknown(unreachable(pod, why), deadline, { cause });
    }

    const answer = await freshRequest(`${launcherAddress(pod.url)}/${order}`, {
      method: 'PUT',
      headers: { ...headers, 'not-after': String(deadline) },
      signal,
      timeoutMs: Math.max(deadline - Date.now(), 1),
      transport,
      beforeSending: () => {
        tracked.beforeSending();
      },
    }).catch((error: unknown) => {
      if (tracked.wasSent()) throw withoutAnswer(errorReason(error), error);
      signal.throwIfAborted();
      if (error instanceof CallTooLate) throw error;
      throw new RefusalError(unreachable(pod, errorReason(error)), { cause: error });
    });
    const found = understood(pod, answer);
    if (found === undefined) throw withoutAnswer(`it answered ${answer.status}`);
    tracked.answered();
    if (found instanceof RefusalError) throw found;
    return found;
  }

  return {
    state,
    start: (pod, bounds) => give('start', pod, bounds),
    stop: (pod, bounds) => give('stop', pod, bounds),
  };
}

function launcherAddress(instance: string): string {
  const url = new URL(instance);
  url.port = String(LAUNCHER_PORT);
  return url.origin;
}
