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
};

/** Whole messages of libraries that have no code and quote nothing: of pg, pg-pool and @temporalio/client. */
const knownMessages: Readonly<Record<string, string>> = {
  'Query read timeout': 'no answer in time',
  'timeout exceeded when trying to connect': 'no connection in time',
  'Connection terminated due to connection timeout': 'no connection in time',
  'Connection terminated unexpectedly': 'it broke the connection off',
  'Failed to connect before the deadline': 'no connection in time',
};

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
