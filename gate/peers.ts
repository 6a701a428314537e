import { request } from 'undici';
import { gateState, type GateState } from './messages';

/** Gates answer from memory: one that takes longer is not there. Milliseconds. */
export const ANSWERS_WITHIN_MS = 1_000;

export interface PeerAnswer {
  /** Of its admin interface. */
  readonly url: string;
  /** Null for one that gave no answer. */
  readonly state: GateState | null;
  /** What it said or why it did not, for people. */
  readonly words: string;
}

export interface PeersOptions {
  /** The admin interfaces of all gates of the log; this one's own may be among them. */
  readonly urls: readonly string[];
  /** As the gate's own. */
  readonly token: () => string;
  /** The process that asks. */
  readonly process: string;
}

/**
 * Asks the other gates of the log for their state, all at once, each over a new connection. Each is told which process asks, for what
 * it says may be gone by (gate/order-desk.ts).
 */
export async function askPeers(options: PeersOptions): Promise<readonly PeerAnswer[]> {
  const answers = await Promise.all(options.urls.map((url) => askPeer(url, options)));
  return answers.filter(({ state }) => state?.process !== options.process);
}

async function askPeer(url: string, { token, process }: PeersOptions): Promise<PeerAnswer> {
  try {
    const { statusCode, body } = await request(`${url}/state`, {
      query: { peer: process },
      headers: { authorization: `Bearer ${token()}` },
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
      reset: true,
    });
    const text = await body.text();
    if (statusCode !== 200) return { url, state: null, words: `it answered ${statusCode}` };
    const state = gateState.parse(JSON.parse(text));
    const words = `order ${state.number}, ${state.mode}${state.informed ? '' : ', not informed either'}`;
    return { url, state, words };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const words = error instanceof Error && error.name === 'ZodError' ? 'its answer is no state' : message;
    return { url, state: null, words: words || (code ?? 'no answer') };
  }
}
