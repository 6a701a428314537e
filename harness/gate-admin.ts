import { readFileSync } from 'node:fs';
import type { GateState, SendOrder, ShardsNotice } from '../gate/messages';

/** The test's own hands on the gate, past the proxy. */
export interface GateAdmin {
  state(): Promise<GateState>;
  send(order: SendOrder): Promise<GateState>;
  tellShards(notice: ShardsNotice): Promise<GateState>;
}

/** How long an answer may take, in milliseconds: whoever asks has nothing else to do. */
const PATIENCE_MS = 60_000;

/** `admin` is host:port. */
export function gateAdmin(admin: string, tokenFile: string): GateAdmin {
  const ask = async (method: string, path: string, body?: object): Promise<GateState> => {
    const response = await fetch(`http://${admin}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`The gate answers ${method} ${path} with ${response.status}: ${text}`);
    }
    return JSON.parse(text) as GateState;
  };
  return {
    state: () => ask('GET', '/state'),
    send: (order) => ask('PUT', '/order/send', order),
    tellShards: (notice) => ask('PUT', '/shards', notice),
  };
}
