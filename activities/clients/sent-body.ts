import { Readable } from 'node:stream';
import type { HttpMessage } from './http';

/** Headers and body of a message as undici takes them. */
export interface SentBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | null;
}

/**
 * Lets `beforeSending` be called at its moment: undici (7.30) asks for a body that it reads when its connection stands, and
 * sends the head of the request together with it.
 */
export function sentBody({
  headers = {},
  body,
  beforeSending,
}: Pick<HttpMessage, 'headers' | 'body' | 'beforeSending'>): SentBody {
  if (!beforeSending) return { headers, body: body ?? null };
  const bytes = Buffer.from(body ?? '');
  return {
    headers: { ...headers, 'content-length': String(bytes.length) },
    body: Readable.from(
      (function* () {
        beforeSending();
        yield bytes;
      })(),
    ),
  };
}
