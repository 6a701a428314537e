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

function* pairs(flat: readonly string[]): Generator<[name: string, value: string]> {
  for (let at = 0; at + 1 < flat.length; at += 2) yield [flat[at] ?? '', flat[at + 1] ?? ''];
}

/** The names that are not passed on: the fixed ones and those that a Connection header lists. */
function hopByHop(flat: readonly string[]): Set<string> {
  const listed = [...pairs(flat)]
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(','))
    .map((name) => name.trim().toLowerCase());
  return listed.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...listed]);
}

/** A flat list of header names and values without those of one connection and those in `but`. */
export function endToEnd(flat: readonly string[], ...but: readonly string[]): string[] {
  const dropped = hopByHop(flat);
  const kept: string[] = [];
  for (const [name, value] of pairs(flat)) {
    const lower = name.toLowerCase();
    if (!dropped.has(lower) && !but.includes(lower)) kept.push(name, value);
  }
  return kept;
}

/** The request's headers as they go on to Rekor, the client's address appended to X-Forwarded-For. */
export function forwarded(request: IncomingMessage, ...but: readonly string[]): string[] {
  const before = request.headersDistinct['x-forwarded-for'] ?? [];
  const address = request.socket.remoteAddress ?? 'unknown';
  return [
    ...endToEnd(request.rawHeaders, 'x-forwarded-for', ...but),
    'X-Forwarded-For',
    [...before, address].join(', '),
  ];
}
