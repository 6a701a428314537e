import { refusalCodes, type Refusal } from '../workflows/model/refusals';
import { withoutUserInfo } from '../workflows/model/without-credentials';
import { exitCodes } from './exit-codes';
import { wrap } from './text';

/** An end of a command that is no success: what is said, and what it exits with. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exit: { readonly code: number }, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exit.code;
  }
}

/** What an error exits with. Refusals before anything was started are about Temporal, or about what was given. */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof CommandError) {
    return error.exitCode;
  }
  if (error instanceof Error && error.name === 'ConfigurationError') {
    return exitCodes.usage.code;
  }
  const code = refusalCodeOf(error);
  if (code === 'TEMPORAL_UNREACHABLE') {
    return exitCodes.unreachable.code;
  }
  return code === undefined ? exitCodes.failed.code : exitCodes.usage.code;
}

/** An error as a paragraph, without the credentials of any URL in it; only `verbose` adds where it was thrown, and its causes. */
export function errorText(
  error: unknown,
  { verbose, columns }: { verbose: boolean; columns: number },
): string {
  const message = withoutUserInfo(error instanceof Error ? error.message : String(error));
  const code = refusalCodeOf(error);
  // A list of problems has lines of its own, which are kept.
  const [head = '', ...list] = message.split('\n');
  const lines = [
    ...wrap(`${head}${code === undefined ? '' : ` (${code})`}`, columns),
    ...list.flatMap((line) => wrap(line, columns, '  - ', '    ')),
  ];
  return [...lines, ...(verbose ? ['', ...stacksOf(error).map(withoutUserInfo)] : [])].join('\n');
}

function refusalCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('refusal' in error)) {
    return undefined;
  }
  const { refusal } = error as { refusal?: { code?: unknown } };
  return typeof refusal?.code === 'string' ? refusal.code : undefined;
}

/** What lies behind an error of Temporal's SDK, which wraps every failure on its way. */
export function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

/**
 * The refusal that a workflow or one of its activities failed with; undefined when it failed otherwise. What the activity
 * itself caught may lie behind it.
 */
export function refusalWithin(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const details = 'details' in error && Array.isArray(error.details) ? error.details : [];
  const [carried] = details as [Partial<Refusal>?];
  return refusalCodes.some((code) => code === carried?.code)
    ? (carried as Refusal)
    : refusalWithin(error.cause);
}

function stacksOf(error: unknown): string[] {
  const stacks: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    stacks.push(cause.stack ?? cause.message);
  }
  return stacks;
}
