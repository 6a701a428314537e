import { constants } from 'node:os';
import { types } from 'node:util';
import { status } from '@grpc/grpc-js';
import { ApplicationFailure } from '@temporalio/common';
import { kindOfError } from '../../workflows/model/error-kind';
import { refusalCodes, type Refusal } from '../../workflows/model/refusals';
import { OwnWords } from './own-words';
import { RefusalError } from './refusal-error';

/**
 * What went wrong, in words that quote nothing of the error (H28): our own, else a code such as ECONNREFUSED, else what kind
 * of error it is. Connection errors come wrapped; the innermost one says most.
 */
export function errorReason(error: unknown): string {
  const words = ownWordsOf(error);
  if (words !== undefined) return words;
  if (error instanceof ApplicationFailure && isRefusal(error.details?.[0])) return error.details[0].message;
  const inner = innerOf(error);
  if (inner !== undefined) return errorReason(inner);
  const code = codeOf(error);
  if (code !== undefined) return knownCodes[code] ?? code;
  if (isOfAnotherProtocol(error)) return 'it does not speak the protocol of PostgreSQL';
  return (types.isNativeError(error) && knownMessages[error.message]) || kindOfError(error);
}

/** Where an error came from, for the worker's own log: each error of its chain, without the messages of foreign ones. */
export function errorTrail(error: unknown): readonly object[] {
  const inner = innerOf(error);
  const words = ownWordsOf(error);
  const own = { kind: kindOfError(error), code: codeOf(error), words, at: framesOf(error) };
  return [own, ...(inner === undefined ? [] : errorTrail(inner))];
}

function ownWordsOf(error: unknown): string | undefined {
  if (error instanceof RefusalError) return error.refusal.message;
  return error instanceof OwnWords ? error.words : undefined;
}

const knownCodes: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not use it',
  EISDIR: 'it is a directory',
  ERR_INVALID_URL: 'its address is not a URL',
  'SQLSTATE 28P01': 'it refuses the user or the password',
  'SQLSTATE 28000': 'it refuses the user',
  'SQLSTATE 3D000': 'it has no database of that name',
  'SQLSTATE 42P01': 'it has no table of that name',
  'SQLSTATE 42501': 'the user may not read the table',
  // Of mysql2: the server's, by their names, and its own. A server says of a table that is missing that it is denied.
  // MariaDB says so as well where it lets nobody in without TLS.
  ER_ACCESS_DENIED_ERROR: 'it refuses the user or the password, or whoever comes without TLS',
  ER_DBACCESS_DENIED_ERROR: 'the user may not use a database of that name, or there is none',
  ER_TABLEACCESS_DENIED_ERROR: 'the user may not read a table, or there is none of its name',
  ER_COLUMNACCESS_DENIED_ERROR: 'the user may not read a column',
  ER_HOST_NOT_PRIVILEGED: 'it lets nobody in from this host',
  ER_HOST_IS_BLOCKED: 'it has blocked this host after too many broken connections, until FLUSH HOSTS',
  ER_BAD_DB_ERROR: 'it has no database of that name',
  ER_NO_SUCH_TABLE: 'it has no table of that name',
  ER_BAD_FIELD_ERROR: 'its table has no column of that name',
  ER_LOCK_WAIT_TIMEOUT: 'no answer in time, because somebody has locked a table',
  PROTOCOL_SEQUENCE_TIMEOUT: 'no answer in time',
  PROTOCOL_CONNECTION_LOST: 'it broke the connection off',
  HANDSHAKE_NO_SSL_SUPPORT: 'it has no TLS',
  AUTH_SWITCH_PLUGIN_ERROR: 'it wants a way to log in that is not known here',
};

/** Whole messages of libraries that have no code and quote nothing: of pg, pg-pool and @temporalio/client. */
const knownMessages: Readonly<Record<string, string>> = {
  'Query read timeout': 'no answer in time',
  'timeout exceeded when trying to connect': 'no connection in time',
  'Connection terminated due to connection timeout': 'no connection in time',
  'Connection terminated unexpectedly': 'it broke the connection off',
  'The server does not support SSL connections': 'it has no TLS',
  'There was an error establishing an SSL connection':
    'it has no TLS, or does not speak the protocol of PostgreSQL',
  'Failed to connect before the deadline': 'no connection in time',
};

/**
 * Whether pg could make nothing of what a server said, as of the greeting of MySQL: which of its messages that looks like
 * depends on the length of the greeting.
 */
export function isOfAnotherProtocol(error: unknown): boolean {
  return (
    types.isNativeError(error) &&
    /^(Received unexpected \w+ message from backend\.|received invalid response: \w+)$/.test(error.message)
  );
}

/** Whether pg found a server without TLS, or one that answers something else to the question for it. */
export function isWithoutTls(error: unknown): boolean {
  return (
    types.isNativeError(error) &&
    /^(The server does not support|There was an error establishing an) SSL connection/.test(error.message)
  );
}

/** What a failure of ours carries across Temporal. */
function isRefusal(carried: unknown): carried is Refusal {
  const { code, message } = (carried ?? {}) as Partial<Refusal>;
  return refusalCodes.some((known) => known === code) && typeof message === 'string';
}

/** The error behind a wrapped one; undefined for the innermost. Of several tries the first. */
function innerOf(error: unknown): unknown {
  if (!types.isNativeError(error)) return undefined;
  if (types.isNativeError(error.cause)) return error.cause;
  return 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[])[0] : undefined;
}

/** The code of the innermost error that has one, because connection errors come wrapped. */
export function innermostCode(error: unknown): string | undefined {
  const inner = innerOf(error);
  return (inner === undefined ? undefined : innermostCode(inner)) ?? codeOf(error);
}

/**
 * The code of an error: of the system or of Node.js, an SQLSTATE, or one of gRPC. gRPC says in words alone why it has no
 * connection; a code of the system is looked for in them.
 */
function codeOf(error: unknown): string | undefined {
  if (!types.isNativeError(error)) return undefined;
  // Of @temporalio/worker's native part, which has no codes.
  if (error.name === 'TransportError' && /\bConnectionRefused\b/.test(error.message)) return 'ECONNREFUSED';
  if (!('code' in error)) return undefined;
  const { code } = error;
  if (typeof code === 'number' && code in status) {
    const cause = Object.keys(constants.errno).find((name) =>
      new RegExp(`\\b${name}\\b`).test(error.message),
    );
    return cause ?? status[code];
  }
  if (typeof code !== 'string') return undefined;
  if (/^[0-9A-Z]{5}$/.test(code) && 'severity' in error) return `SQLSTATE ${code}`; // of pg
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code) ? code : undefined;
}

/** The places in a stack, behind the message, whose lines may look like places; none when the message is not found in it. */
function framesOf(error: unknown): string[] {
  if (!types.isNativeError(error)) return [];
  const { stack = '', name, message } = error;
  const header = message === '' ? name : message;
  const lines = stack.includes(header) ? stack.slice(stack.indexOf(header) + header.length).split('\n') : [];
  return lines.flatMap(
    (line) => /^ {4}at .*?\(?((?:node:|\/)[\w./@-]+:\d+:\d+)\)?$/.exec(line)?.slice(1) ?? [],
  );
}
