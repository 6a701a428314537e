import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import { orAborted } from '../../bounds/waiting';
import { errorReason } from '../../errors/error-reason';
import { OwnWords } from '../../errors/own-words';
import type { HttpMessage, HttpTransport } from '../http';
import { sentBody } from '../sent-body';
import { clientNode } from './client-node';
import { type AccessSource, loadKubeconfig, type Unusable, unusableSource } from './kubeconfig';

/** How the API server of a log's cluster is reached, and as whom. */
export interface ClusterAccess {
  /** URL of the API server, without a slash at its end: what stands before the path of each request. */
  readonly server: string;
  /** Carries a request over a connection of its own, with the credentials of that moment. Refuses CLUSTER_CREDENTIALS_UNUSABLE. */
  readonly transport: HttpTransport;
}

const UNAUTHENTICATED = 401;

/**
 * Reads address and credentials, and reads them again after the API server has taken nobody with them. Refuses
 * CLUSTER_CREDENTIALS_UNUSABLE.
 *
 * @param log its name in the configuration, for messages.
 */
export function openClusterAccess(log: string, source: AccessSource): ClusterAccess {
  const unusable = unusableSource(log, source);
  const { config, server } = loadKubeconfig(source, unusable);
  let current: KubeConfig | undefined = config;

  /** client-node keeps what a plugin gave until it expires, and a token of the file for ever. */
  function configuration(): KubeConfig {
    if (current !== undefined) return current;
    const again = loadKubeconfig(source, unusable);
    if (again.server !== server) throw unusable('it names another server now than when this process began');
    return (current = again.config);
  }

  return {
    server,
    transport: async (message, read) => {
      const { url, method, signal, maxBytes = Infinity } = message;
      const { dispatcher, headers } = await authenticated(configuration(), message, unusable);
      try {
        // undici hears a signal only when its connection stands; to destroy the dispatcher ends it before.
        const answer = await orAborted(
          dispatcher.request({
            origin: url.origin,
            path: url.pathname + url.search,
            method,
            ...sentBody({ ...message, headers }),
            signal,
          }),
          signal,
        );
        if (answer.statusCode === UNAUTHENTICATED) {
          current = undefined;
          throw unusable('the API server takes nobody with them (401)');
        }
        return await read({
          status: answer.statusCode,
          headers: answer.headers,
          body: limited(answer.body, maxBytes),
        });
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}

/** A connection and headers with the credentials; a plugin is run, or a token read again, where that is due. */
async function authenticated(
  config: KubeConfig,
  { url, headers, signal }: HttpMessage,
  unusable: Unusable,
): Promise<{ readonly dispatcher: Dispatcher; readonly headers: Readonly<Record<string, string>> }> {
  const { HttpMethod, RequestContext } = clientNode();
  const context = new RequestContext(url.href, HttpMethod.GET);
  try {
    await orAborted(config.applySecurityAuthentication(context), signal);
  } catch (error) {
    signal.throwIfAborted();
    // What a plugin says of its failure may quote what it was given.
    throw unusable(`they cannot be read, or their plugin failed (${errorReason(error)})`, error);
  }
  return {
    dispatcher: context.getDispatcher() ?? new Agent(),
    headers: { ...context.getHeaders(), ...headers },
  };
}

async function* limited(body: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new OwnWords(`its answer has more than ${maxBytes} bytes`);
    yield chunk;
  }
}
