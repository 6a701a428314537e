import { orAborted } from '../bounds/waiting';
import { RefusalError } from '../errors/refusal-error';
import { readAuthorities, type PemFile } from '../clients/authorities';

/** Where Trillian's database is, and as whom it is asked. */
export interface DatabaseServer {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** A DNS name or an IP address; with TLS a DNS name. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Reads the secret when a connection is needed, so that a changed one is taken up. */
  readonly password: () => string;
  /** Absent: plaintext. The certificate must be for `host`, by these authorities or by those that Node.js brings along. */
  readonly tls?: { readonly caFile?: PemFile };
}

/** How long a connection may take, and how long an answer, in milliseconds. */
export const DATABASE_TIMEOUT_MS = 2_000;

/** What may change while a worker runs, as it is now. */
export interface Access {
  readonly password: string;
  readonly authorities: string | undefined;
}

/** Refuses SECRET_UNREADABLE and TLS_FILE_UNUSABLE. */
export function readAccess({ password, tls }: DatabaseServer): Access {
  return { password: password(), authorities: tls?.caFile && readAuthorities(tls.caFile) };
}

/**
 * The answer of a database; once the signal aborts, its reason. What an adapter has not refused itself is refused by
 * `refusedBy`, without the error: that may quote the statement, and what it was connected with (H28).
 */
export async function answered<Answer>(
  log: string,
  refusedBy: (log: string, error: unknown) => RefusalError,
  signal: AbortSignal,
  answer: Promise<Answer>,
): Promise<Answer> {
  try {
    return await orAborted(answer, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof RefusalError ? error : refusedBy(log, error);
  }
}

/** Whether a connection that was made with the one may be used by the other. */
export function sameAccess(one: Access, other: Access): boolean {
  return one.password === other.password && one.authorities === other.authorities;
}
