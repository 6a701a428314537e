import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Answer } from './answers';
import type { WholeBody } from './body';
import { endToEnd } from './headers';
import type { Call } from './upstream';
import { isWholeUrl, RETRIEVE_PATH } from './paths';

/** An entry as Rekor's `entries/retrieve` answers it: `[{"<entry id>": {...}}]`, one for each shard that has it. */
const retrieved = z.array(z.record(z.string(), z.looseObject({ logIndex: z.number() })));

interface FoundEntry {
  readonly entryId: string;
  readonly entry: { readonly logIndex: number };
}

const LOOK_AGAIN_MS = 50;

/** The Rekor that a write is finished with. */
export interface ResendTarget {
  /** Changes nothing. */
  ask(question: Call, signal: AbortSignal): Promise<Answer>;
  write(call: Call): Promise<Answer>;
}

/**
 * Finds out what became of a write whose call broke, and finishes it (H13). Rekor is asked for the proposed entry;
 * it canonicalises it as for a write and looks in every shard that it serves (rekor: pkg/api/entries.go,
 * `SearchLogQueryHandler`; `--enable_retrieve_api` governs the search index and not this). What is found is answered
 * as Rekor would have answered the write; what is not found is sent once more.
 *
 * Null: it cannot be known, and the client should get what the first call ended in. Nothing is sent once more after
 * `deadline` has fired; what was sent by then is waited for.
 */
export async function resend(
  log: ResendTarget,
  call: Omit<Call, 'body'>,
  body: WholeBody,
  deadline: AbortSignal,
): Promise<Answer | null> {
  try {
    const question = await lookUpCall(call, body);
    let found = await lookUp(log, question, deadline);
    if (!found) {
      if (deadline.aborted) return null;
      const answer = await log.write({ ...call, body: body.open() });
      if (answer.status !== 409) return answer;
      // The leaf is queued; it is found as soon as the signer has integrated it.
      found = await lookUp(log, question, deadline);
      for (; !found; found = await lookUp(log, question, deadline)) {
        await pause(LOOK_AGAIN_MS, undefined, { signal: deadline });
      }
    }
    return asCreated(found, call.path);
  } catch {
    return null;
  }
}

/** Throws when the body is not one JSON object, for then it cannot stand inside a question. */
async function lookUpCall(call: Omit<Call, 'body'>, body: WholeBody): Promise<Call> {
  const proposed = await body.text();
  z.looseObject({}).parse(JSON.parse(proposed));
  // The text itself, not what JSON.parse made of it: numbers must reach Rekor digit by digit.
  const question = Buffer.from(`{"entries":[${proposed}]}`);
  const headers = [...endToEnd(call.headers, 'content-length'), 'Content-Length', String(question.length)];
  return { method: 'POST', path: RETRIEVE_PATH, headers, body: question };
}

async function lookUp(log: ResendTarget, question: Call, deadline: AbortSignal): Promise<FoundEntry | null> {
  const answer = await log.ask(question, deadline);
  if (answer.status !== 200) throw new Error(`entries/retrieve answered ${answer.status}`);
  const told: unknown = JSON.parse(answer.body.toString('utf8'));
  retrieved.parse(told);
  // As Rekor wrote it, not as the parser put it together: the fields keep their order.
  const entries = told as z.infer<typeof retrieved>;
  const found = entries.flatMap((each) =>
    Object.entries(each).map(([entryId, entry]) => ({ entryId, entry })),
  );
  // In several shards: the newest is the one that this write made.
  return found.sort((one, other) => other.entry.logIndex - one.entry.logIndex)[0] ?? null;
}

/** As rekor: pkg/api/entries.go `CreateLogEntryHandler` and `getEntryURL` answer a new entry. */
function asCreated({ entryId, entry }: FoundEntry, requestPath: string): Answer {
  const url = isWholeUrl(requestPath) ? new URL(requestPath) : new URL(requestPath, 'http://gate');
  url.searchParams.delete('apiKey');
  url.searchParams.sort();
  return {
    status: 201,
    reason: 'Created',
    headers: [
      'Content-Type',
      'application/json',
      'Etag',
      entryId,
      'Location',
      `${url.pathname.replace(/\/+$/, '')}/${entryId}${url.search}`,
    ],
    body: Buffer.from(`${JSON.stringify({ [entryId]: entry })}\n`),
  };
}
