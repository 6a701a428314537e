import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { hasCode } from './error-code';

/** Go is missing, or too old for a pinned module. */
export class GoMissing extends Error {
  constructor(found: string, needed: string) {
    super(
      `${found} What the lab runs is built from source at pinned versions, which needs Go ${needed} or newer. ` +
        'Install it from https://go.dev/dl/ (or brew install go, or your distribution if it is new enough), so ' +
        'that `go version` works in this shell, and run the same command again.',
    );
    this.name = 'GoMissing';
  }
}

export interface GoRun {
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
  /** Gets each line that Go writes about its progress. */
  readonly onLine?: (line: string) => void;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Lets everything else on this machine go first, as minutes of compiling should. */
  readonly isPatient?: boolean;
}

/** Of 19: what the compilers get when somebody else wants the processor too is a tenth. */
const PATIENT = 10;

/**
 * Runs `go` and returns its standard output. Throws what Go wrote when it fails. The user's own Go environment
 * (proxy, caches) holds, but for what would change the result.
 */
export async function go(args: readonly string[], run: GoRun): Promise<string> {
  const child = spawn('go', args, {
    cwd: run.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', ...run.environment },
    ...(run.signal ? { signal: run.signal } : {}),
  });
  if (run.isPatient && child.pid !== undefined) {
    setPriority(child.pid, PATIENT);
  }
  let output = '';
  let errors = '';
  let line = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
    const lines = (line + text).split('\n');
    line = lines.pop() ?? '';
    lines.forEach((whole) => run.onLine?.(whole));
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) {
    throw new Error(
      `go ${args.slice(0, 2).join(' ')} failed in ${run.directory}:\n${(output.slice(-4_000) + errors).trim()}`,
    );
  }
  return output;
}

/** The version of Go that would build the module in this directory; refuses when there is none that can. */
export async function requireGo(directory: string, needed: string, signal?: AbortSignal): Promise<string> {
  try {
    return (await go(['env', 'GOVERSION'], { directory, signal })).trim();
  } catch (error) {
    signal?.throwIfAborted();
    if (hasCode(error, 'ENOENT')) {
      throw new GoMissing('Go is not installed, or not on PATH.', needed);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw /go >= |toolchain/.test(reason) ? new GoMissing(`${reason}\n`, needed) : error;
  }
}
