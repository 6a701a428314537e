import { types } from 'node:util';

/**
 * What went wrong, in as few words as say it: a system's code such as ECONNREFUSED where the message is empty, and
 * the innermost cause, because connection errors come wrapped.
 */
export function errorReason(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (types.isNativeError(error.cause)) return errorReason(error.cause);
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) {
    return errorReason(error.errors[0]);
  }
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
