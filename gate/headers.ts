import type { IncomingMessage } from 'node:http';

/**
 * What belongs to one connection and not to the message (RFC 9110, 7.6.1). `expect` is among them because the gate
 * itself has answered it: node:http sends 100 Continue before the request is seen here.
 */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A flat list of header names and values without those of one connection and those in `but`. */
export function endToEnd(flat: readonly string[], ...but: readonly string[]): string[] {
  const dropped = [...but, ...ofConnection(flat)];
  const kept: string[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [name = '', value = ''] = [flat[at], flat[at + 1]];
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !dropped.includes(lower)) kept.push(name, value);
  }
  return kept;
}

/** The names that its `Connection` headers list. */
function ofConnection(flat: readonly string[]): string[] {
  const listed: string[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2)
    if (flat[at]?.toLowerCase() === 'connection')
      for (const name of flat[at + 1]?.split(',') ?? []) listed.push(name.trim().toLowerCase());
  return listed;
}

/** The request's headers as they go on to Rekor, the client's address appended to X-Forwarded-For. */
export function forwarded(request: IncomingMessage, ...but: readonly string[]): string[] {
  const headers = endToEnd(request.rawHeaders, 'x-forwarded-for', ...but);
  // node:http has joined those of several lines.
  const before = request.headers['x-forwarded-for'];
  const address = request.socket.remoteAddress ?? 'unknown';
  headers.push('X-Forwarded-For', before === undefined ? address : `${before.toString()}, ${address}`);
  return headers;
}
