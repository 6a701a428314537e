import { Readable } from 'node:stream';

/** What of a message says how it is sent. */
export interface BodyToSend {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** Called when the connection stands, before anything is sent. When it throws, nothing is sent, and that is thrown. */
  readonly beforeSending?: (() => void) | undefined;
}

/** Headers and body of a message as undici takes them. */
export interface SentBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | null;
}

/**
 * Lets `beforeSending` be called at its moment: undici (7.30) asks for a body that it reads when its connection stands, and
 * sends the head of the request together with it.
 */
export function sentBody({ headers = {}, body, beforeSending }: BodyToSend): SentBody {
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
