import type { PemFile } from '../clients/authorities';
import { connectionRefusal } from '../clients/connection-failure';
import { freshRequest } from '../clients/http';
import { clientRequests } from '../clients/rekor';
import { errorReason } from '../errors/error-reason';
import type { LogAddress } from '../verification/target';

const TIMEOUT_MS = 4_000;

export interface ProbeWays {
  readonly signal: AbortSignal;
  readonly authorities?: PemFile | undefined;
}

/** How large a probe is made. */
export interface ProbeSize {
  /** Blanks before the entry, bytes. */
  readonly padding?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back for a probe: the status of an answer, or why there was none. */
export type ProbeAnswer = { readonly status: number } | { readonly silence: string };

/**
 * Sends an entry that is none. Rekor says so with 400 when it reads it, and asks Trillian nothing (rekor: pkg/api/entries.go,
 * `createLogEntry`).
 *
 * @throws RefusalError HOST_NAME_UNRESOLVED or TLS_FAILED, which preflight says of the same address.
 */
export async function sendProbe(
  address: LogAddress,
  { padding = 0, headers = {} }: ProbeSize,
  { signal, authorities }: ProbeWays,
): Promise<ProbeAnswer> {
  const { path, body } = clientRequests.createLogEntry;
  const request = {
    ...{ signal, timeoutMs: TIMEOUT_MS, authorities },
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: ' '.repeat(padding) + JSON.stringify(body),
  } as const;
  try {
    return { status: (await freshRequest(address.url + path, request)).status };
  } catch (error) {
    signal.throwIfAborted();
    const named = connectionRefusal(error, { ...address, authorities });
    if (named) throw named;
    return { silence: errorReason(error) };
  }
}

/** Whether an address answers a read, with whatever status: then it is there, and stops what it does not answer. */
export async function answersReads(
  { url }: LogAddress,
  { signal, authorities }: ProbeWays,
): Promise<boolean> {
  const answered = await freshRequest(`${url}/api/v1/log`, {
    signal,
    authorities,
    timeoutMs: TIMEOUT_MS,
  }).then(
    () => true,
    () => false,
  );
  signal.throwIfAborted();
  return answered;
}
