import type { RotationResult } from '../workflows/model/result';
import { exitCodeOf, resultText } from './result-text';
import type { Terminal } from './terminal';

/** Prints how a rotation or recovery ended, as JSON if asked, and gives the exit code. */
export function printResult(
  result: RotationResult,
  options: { readonly json?: boolean },
  terminal: Terminal,
): number {
  terminal.out(options.json ? JSON.stringify(result, null, 2) : resultText(result, terminal.columns));
  return exitCodeOf(result.outcome);
}
