import { Pool } from 'undici';
import { orAborted } from '../bounds/waiting';
import { type PemFile, readAuthorities } from './authorities';
import type { HttpTransport } from './http';
import { sentBody } from './sent-body';

/** A transport that keeps its connections to one origin, and at most so many: hundreds of requests are sent to one log. */
export interface KeptConnections {
  readonly transport: HttpTransport;
  /** Ends the connections; requests that still run fail. */
  readonly close: () => Promise<void>;
}

/** Ten entries of the size that Rekor takes by default have less; what has more is asked for by itself. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Refuses TLS_FILE_UNUSABLE. */
export function keptConnections(url: string, connections: number, authorities?: PemFile): KeptConnections {
  const { origin, protocol } = new URL(url);
  const connect = authorities && protocol === 'https:' ? { ca: readAuthorities(authorities) } : {};
  const pool = new Pool(origin, { connections, connect, maxResponseSize: MAX_ANSWER_BYTES });
  return {
    transport: async (message, read) => {
      const { url, method, signal } = message;
      const path = url.pathname + url.search;
      const asking = pool.request({ path, method, ...sentBody(message), signal });
      // undici (7.30) hears a signal only once its connection stands.
      const answer = await orAborted(asking, signal);
      return await read({ status: answer.statusCode, headers: answer.headers, body: answer.body });
    },
    close: () => pool.destroy(),
  };
}
