import { isEveryAddress, joined } from '../address';
import type { FoundLog } from './search';
import type { FoundProgram } from '../../programs/found-program';

/** An address as the host reaches it, or why the host does not. */
export type Reached = { readonly address: string } | { readonly reason: string };

/** Where a program listens, as its own host reaches it. */
export function listens({ ports, where }: FoundProgram, host: string, port: number): Reached {
  if (ports === 'host') return { address: joined(isEveryAddress(host) ? '127.0.0.1' : host, port) };
  const published = ports.get(port);
  return published === undefined
    ? { reason: `${where} publishes no port of the host for its port ${port}` }
    : { address: joined('127.0.0.1', published) };
}

/** What a program calls, as its host reaches it. */
export function called(
  { ports, where }: FoundProgram,
  host: string,
  port: number,
  { published }: Pick<FoundLog, 'published'>,
): Reached {
  if (ports === 'host') return { address: joined(host, port) };
  if (/^host\.(docker|containers)\.internal$/.test(host)) return { address: joined('127.0.0.1', port) };
  const peer = published.get(host);
  const outside = peer?.get(port);
  if (outside !== undefined) return { address: joined('127.0.0.1', outside) };
  if (peer) return { reason: `${host} publishes no port of the host for its port ${port}` };
  const isInside = isEveryAddress(host) || /^(localhost|127\.|::1$)/.test(host) || !/[.:]/.test(host);
  return isInside
    ? { reason: `${joined(host, port)} is an address inside of the network of ${where}` }
    : { address: joined(host, port) };
}
