import type { FoundLog } from './search';
import type { FoundProgram } from '../programs/found-program';

/** An address as the host reaches it, or why the host does not. */
export type Reached = { readonly address: string } | { readonly reason: string };

/** `HOST:PORT`; an IPv6 address gets its brackets. */
export function joined(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A `HOST:PORT` as Go takes it, where the host may be left out. */
export function dividedAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]*):(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65535) return undefined;
  return { host: host.replaceAll(/[[\]]/g, ''), port: number };
}

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

/** Whether a program that listens there does so at each address of its host. */
export function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}
