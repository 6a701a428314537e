/**
 * What went wrong, in as few words as say it: a system's code such as ECONNREFUSED where the message is empty, and
 * the innermost cause, because connection errors come wrapped.
 */
export function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return errorReason(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return errorReason(error.errors[0]);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
