import { readFileSync, statSync } from 'node:fs';
import { errorReason } from '../../activities/errors/error-reason';
import { readDocument } from '../../config/document';
import { problemText } from '../../config/problems';
import { planFileProblems, type PlanFile } from '../../workflows/model/plan-file';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';

/** Comments and blanks do not count for the length of a plan; what is longer than this is no plan. Bytes. */
const MOST_BYTES = 4_000_000;

/** Reads the plan of a log that a person may have edited. Ends the command with everything that is wrong with its form. */
export function readPlanFile(file: string, log: string): PlanFile {
  const { value, problems } = readDocument(contentOf(file));
  const plan = withoutBigNumbers(value);
  const wrong =
    problems.length > 0
      ? problems.map(problemText)
      : planFileProblems(plan, log).map(({ message, code }) => `${message} (${code})`);
  if (wrong.length > 0) {
    const again = `Mend it, or write it anew with \`rekor-rotate plan ${log} --out FILE\`.`;
    throw new CommandError(
      [`The plan file ${file} cannot be used. ${again}`, ...wrong].join('\n'),
      exitCodes.usage,
    );
  }
  return plan as PlanFile;
}

function contentOf(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) {
      throw new CommandError(
        `--plan is ${file}, which has ${size} bytes; a plan has ${MOST_BYTES} at most.`,
        exitCodes.usage,
      );
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CommandError) {
      throw error;
    }
    throw new CommandError(
      `--plan is ${file}, which cannot be read: ${errorReason(error)}.`,
      exitCodes.usage,
      {
        cause: error,
      },
    );
  }
}

/** A tree id that has lost its quotes has kept its digits. */
function withoutBigNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return String(value);
  }
  if (Array.isArray(value)) {
    return value.map(withoutBigNumbers);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutBigNumbers(inner)]))
    : value;
}
