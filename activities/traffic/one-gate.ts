import { z } from 'zod';
import {
  gateRefusal,
  gateState,
  type BeginOrder,
  type GateState,
  type HoldOrder,
  type NextNotice,
  type SendOrder,
  type ShardsNotice,
} from '../../gate/messages';
import { errorReason } from '../errors/error-reason';
import { freshRequest, type HttpTransport } from '../clients/http';
import { parseJson } from '../clients/parse-json';
import { refuse, type RefusalError } from '../errors/refusal-error';

/**
 * The admin interface of one write gate. Refuses GATE_UNREACHABLE (also for an answer that is none), GATE_TOKEN_REFUSED, and
 * GATE_ORDER_REFUSED when the gate follows a later order or this one's hold has ended.
 */
export interface OneGate {
  /** The log's name in the configuration. */
  readonly log: string;
  /** Of its admin interface. */
  readonly url: string;
  state(signal: AbortSignal): Promise<GateState>;
  hold(order: HoldOrder, signal: AbortSignal): Promise<GateState>;
  /** All gates of the log are about to be switched. It moves nothing. */
  begin(order: BeginOrder, signal: AbortSignal): Promise<GateState>;
  /** Everything goes to the instances of the order but writes that wait, which wait on. */
  switch(order: SendOrder, signal: AbortSignal): Promise<GateState>;
  send(order: SendOrder, signal: AbortSignal): Promise<GateState>;
  tellShards(notice: ShardsNotice, signal: AbortSignal): Promise<GateState>;
  tellNext(notice: NextNotice, signal: AbortSignal): Promise<GateState>;
}

export interface GateOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** Base URL of the admin interface, without a trailing slash. */
  readonly url: string;
  /** Reads the secret token when it is needed. */
  readonly token: () => string;
  readonly transport?: HttpTransport | undefined;
}

type Sent = BeginOrder | HoldOrder | SendOrder | ShardsNotice | NextNotice;

/** A gate answers from memory: one that takes longer is not there. The signal usually ends a call long before. */
const TIMEOUT_MS = 5000;

/** Talks to the gate over a new connection each time, so that a gate that was restarted is reached at once. */
export function connectGate({ log, url, token, transport }: GateOptions): OneGate {
  function unreachable(reason: string, cause?: unknown): RefusalError {
    return refuse('GATE_UNREACHABLE', { log, url, reason }, cause);
  }

  async function ask(path: string, order: Sent | undefined, signal: AbortSignal): Promise<GateState> {
    const headers = { authorization: `Bearer ${token()}`, 'content-type': 'application/json' };
    const request = order === undefined ? {} : ({ method: 'PUT', body: JSON.stringify(order) } as const);
    const answer = await freshRequest(url + path, {
      ...request,
      headers,
      signal,
      timeoutMs: TIMEOUT_MS,
      transport,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(errorReason(error), error);
    });
    if (answer.status === 200) return parseState(answer.text);
    if (answer.status === 401 || answer.status === 403) throw refuse('GATE_TOKEN_REFUSED', { log, url });
    throw refusedOrder(answer.status, answer.text, order);
  }

  function parseState(text: string): GateState {
    const state = gateState.safeParse(parseJson(text));
    if (state.success) return state.data;
    throw unreachable(`its answer is not the state of a gate: ${z.prettifyError(state.error)}`);
  }

  function refusedOrder(status: number, text: string, order: Sent | undefined): RefusalError {
    const refused = gateRefusal.safeParse(parseJson(text));
    if (!refused.success) return unreachable(`it answered ${status}`);
    const { code, state } = refused.data;
    if (status !== 409 || order === undefined || state === undefined) {
      return unreachable(`it answered ${status} (${code})`);
    }
    return refuse('GATE_ORDER_REFUSED', { number: order.number, has: state.number, mode: state.mode });
  }

  return {
    log,
    url,
    state: (signal) => ask('/state', undefined, signal),
    hold: (order, signal) => ask('/order/hold', order, signal),
    begin: (order, signal) => ask('/order/begin', order, signal),
    switch: (order, signal) => ask('/order/switch', order, signal),
    send: (order, signal) => ask('/order/send', order, signal),
    tellShards: (notice, signal) => ask('/shards', notice, signal),
    tellNext: (notice, signal) => ask('/next', notice, signal),
  };
}
