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
  const names = flat.map((part, at) => (at % 2 === 0 ? part.toLowerCase() : ''));
  const dropped = new Set(but);
  for (let at = names.indexOf('connection'); at !== -1; at = names.indexOf('connection', at + 1))
    for (const listed of flat[at + 1]?.split(',') ?? []) dropped.add(listed.trim().toLowerCase());
  return flat.filter((_, at) => {
    const name = names[at - (at % 2)] ?? '';
    return !HOP_BY_HOP.has(name) && !dropped.has(name);
  });
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
