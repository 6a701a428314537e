import type { ServerResponse } from 'node:http';
import { beginAnswer, endAnswer } from './unread-body';

/** A whole answer, Rekor's or the gate's own; headers are a flat list of names and values. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Rekor's words for every refusal of its tree (rekor: pkg/api/error.go, `trillianUnexpectedResult`). */
const TREE_REFUSED = 'unexpected result from transparency log';

/** An answer of the gate's own. */
export function jsonAnswer(status: number, reason: string, body: object, ...headers: string[]): Answer {
  return {
    status,
    reason,
    headers: ['Content-Type', 'application/json', ...headers],
    body: Buffer.from(`${JSON.stringify(body)}\n`),
  };
}

/** An error in the shape of Rekor's own: `{"code": ..., "message": ...}` (rekor: pkg/api/error.go). */
export function errorAnswer(status: number, reason: string, message: string, ...headers: string[]): Answer {
  return jsonAnswer(status, reason, { code: status, message }, ...headers);
}

/** The one answer that rekor-cli and the Go and Java clients take as an order to wait and come again. */
export function comeAgain(message: string): Answer {
  return errorAnswer(503, 'Service Unavailable', message, 'Retry-After', '1');
}

export function badGateway(message: string): Answer {
  return errorAnswer(502, 'Bad Gateway', message);
}

/** Is this how Rekor answers a write while its tree is DRAINING or FROZEN? */
export function isTreeRefusal(answer: Answer): boolean {
  return answer.status === 500 && answer.body.includes(TREE_REFUSED);
}

/**
 * Does this answer to a write leave open whether the entry was made? Rekor answers 500 whatever goes wrong, before it has
 * given the leaf to Trillian and after (rekor: pkg/api/entries.go, `createLogEntry`); 504 when a call to Trillian ran out of
 * time; and since 1.5.3 499 when one was cancelled, although the client is still there (pkg/api/error.go,
 * `mapGRPCToHTTP`). Every other answer comes before anything is queued, or names the entry.
 */
export function isUncertain({ status }: Answer): boolean {
  return status >= 500 || status === 499;
}

/** Gives a client its answer; does nothing when the client has gone. */
export function give(answer: Answer, response: ServerResponse): void {
  if (response.destroyed || response.headersSent) return;
  const { status, reason, headers, body } = answer;
  // RFC 9110, 8.6: a 204 has no length, and that of a 304 would be another answer's.
  const length = status === 204 || status === 304 ? [] : ['Content-Length', String(body.length)];
  beginAnswer(response, status, reason, [...headers, ...length]);
  endAnswer(response, body);
}
