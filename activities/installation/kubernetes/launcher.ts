import { z } from 'zod';
import { withoutCredentials } from '../../../workflows/model/without-credentials';
import type { CallBounds } from '../../clients/call-bounds';
import { deadlineOf, throwIfOver } from '../../clients/call-bounds';
import { freshRequest, type HttpTransport } from '../../clients/http';
import { parseJson } from '../../clients/parse-json';
import { errorReason } from '../../errors/error-reason';
import { refuse } from '../../errors/refusal-error';
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

/** The launchers of one attempt's pods. */
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

/** Rekor is given 10 s to end; the rest is for a busy node. */
const TIMEOUT_MS = 15_000;

/** Orders carry the end of their time and the attempt that they are for, so that one which lands late does nothing (H8). */
export function launchersOf({ log, attemptId, token, transport }: LaunchersOptions): Launchers {
  async function ask(
    { name, url }: Instance,
    order: 'start' | 'stop' | null,
    bounds: CallBounds,
  ): Promise<LauncherState> {
    const address = launcherAddress(url);
    const unreachable = (reason: string, cause?: unknown): Error =>
      refuse('LAUNCHER_UNREACHABLE', { log, pod: name, url: address, reason }, cause);
    const notAfter = deadlineOf(bounds, TIMEOUT_MS);
    throwIfOver(`${order ?? 'state'} of ${name}`, bounds, notAfter);
    const answer = await freshRequest(`${address}/${order ?? 'state'}`, {
      method: order === null ? 'GET' : 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        attempt: attemptId,
        ...(order !== null && { 'not-after': String(notAfter) }),
      },
      signal: bounds.signal,
      timeoutMs: Math.max(notAfter - Date.now(), 1),
      transport,
    }).catch((error: unknown) => {
      bounds.signal.throwIfAborted();
      throw unreachable(errorReason(error), error);
    });
    const body = parseJson(answer.text);
    const state = answer.status === 200 ? launcherState.safeParse(body) : undefined;
    if (state?.success) return state.data;
    const refused = launcherRefusal.safeParse(body);
    if (!refused.success) throw unreachable(`it answered ${answer.status}`);
    throw refuse('LAUNCHER_REFUSED', { log, pod: name, reason: withoutCredentials(refused.data.error) });
  }

  return {
    state: (pod, bounds) => ask(pod, null, bounds),
    start: (pod, bounds) => ask(pod, 'start', bounds),
    stop: (pod, bounds) => ask(pod, 'stop', bounds),
  };
}

function launcherAddress(instance: string): string {
  const url = new URL(instance);
  url.port = String(LAUNCHER_PORT);
  return url.origin;
}
