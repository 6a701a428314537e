import type { PemFile } from '../activities/clients/authorities';
import { overConnectionOfItsOwn } from '../activities/clients/http';
import { keptConnections } from '../activities/clients/kept-connections';
import { type Clock, LogRequests } from '../activities/clients/log-requests';
import { AuditedLog } from './audited-log';
import { AT_A_TIME } from './entries';
import type { AuditedAddress } from './instance';

/** From an answer to the next request of one of the lanes; milliseconds. */
const PAUSE_MS = 10;

/** Where a log is served, and by whom it may be answered. */
export interface NamedAddress {
  /** Base URL. */
  readonly url: string;
  /** That it does not answer is no trouble. */
  readonly optional: boolean;
  /** Who may sign for an https address. */
  readonly authorities?: PemFile;
  /** Tests bring their own. */
  readonly clock?: Clock;
}

/** An address with connections of its own. */
export interface OpenAddress extends AuditedAddress {
  /** How many requests it was sent. */
  readonly sent: () => number;
  /** Ends the connections; requests that still run fail. */
  readonly close: () => Promise<void>;
}

/** Refuses TLS_FILE_UNUSABLE. */
export function openAddress(
  { url, optional, authorities, clock }: NamedAddress,
  userAgent: string,
): OpenAddress {
  const { transport, close } = keptConnections(url, AT_A_TIME, authorities);
  const courtesy = { mostRequests: Infinity, pauseMs: PAUSE_MS, userAgent, ...(clock && { clock }) };
  const kept = new LogRequests(url, transport, courtesy);
  const fresh = new LogRequests(
    url,
    (message, read) => overConnectionOfItsOwn({ ...message, ...(authorities && { authorities }) }, read),
    courtesy,
  );
  return {
    ...{ log: new AuditedLog(kept), fresh: new AuditedLog(fresh), optional, close },
    sent: () => kept.sent + fresh.sent,
  };
}
