import { counted } from '../workflows/model/counted';
import { withoutCredentials } from '../workflows/model/without-credentials';

/** What is wrong in one place of the configuration. */
export interface Problem {
  /** `logs.production.gate.maxWait`; empty for the file as a whole. */
  readonly path: string;
  /** Counted from 1. */
  readonly line?: number | undefined;
  /** What stands there, in words; never the value of a secret. */
  readonly found: string;
  readonly allowed: string;
  /** The known key that an unknown one resembles most. */
  readonly nearest?: string | undefined;
}

export type Path = readonly PropertyKey[];

/** A path as people write it: `logs.production.trillian.signerMetrics[0]`. A key that looks like an address may be a secret. */
export function fieldPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${withoutCredentials(String(part))}`))
    .join('')
    .replace(/^\./, '');
}

/** One problem as a sentence. */
export function problemText(problem: Problem): string {
  const where = [problem.path, problem.line === undefined ? '' : `(line ${problem.line})`]
    .filter(Boolean)
    .join(' ');
  const nearest = problem.nearest === undefined ? '' : ` Did you mean ${problem.nearest}?`;
  return `${where ? `${where}: ` : ''}found ${problem.found}; allowed is ${problem.allowed}.${nearest}`;
}

/** The configuration cannot be used. Nothing was done; the message lists every problem found. */
export class ConfigurationError extends Error {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    const count = counted(problems.length, 'problem');
    const list = problems.map((problem) => `\n  ${problemText(problem)}`).join('');
    super(`The configuration ${file} has ${count}:${list}`, options);
    this.name = 'ConfigurationError';
    this.file = file;
    this.problems = problems;
  }
}
