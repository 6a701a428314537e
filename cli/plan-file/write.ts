import { lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorReason } from '../../activities/errors/error-reason';
import { createFile } from '../../files/atomic-file';
import { bytesOverPlanFile } from '../../workflows/model/fitting';
import { refusal } from '../../workflows/model/refusals';
import type { RotationResult } from '../../workflows/model/result';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { planFileOf, planFileText } from './text';

/** Says before anything is asked of the log that a plan could not be written there. */
export function requireFree(file: string): void {
  const folder = path.dirname(path.resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandError(`--out is ${file}; there is no folder ${folder}.`, exitCodes.usage);
  }
  if (lstatSync(file, { throwIfNoEntry: false })) {
    throw isThere(file);
  }
}

/** Writes the plan of a dry run to a file that is not there yet, for its owner alone to read. */
export async function writePlanFile(file: string, { log, plan }: RotationResult): Promise<void> {
  if (!plan) {
    throw new CommandError(
      `The plan of ${log} is too long for the result of a workflow, so there is none to write. Rotate without a plan file.`,
      exitCodes.refused,
    );
  }
  const tooLong = bytesOverPlanFile(planFileOf(plan));
  if (tooLong) {
    const { message, remedy, code } = refusal('PLAN_FILE_TOO_LONG', tooLong);
    throw new CommandError(`${message} ${remedy} (${code})`, exitCodes.refused);
  }
  const text = planFileText(plan, /\.json$/i.test(file) ? 'json' : 'yaml', new Date());
  try {
    await createFile(file, text);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') {
      throw isThere(file);
    }
    throw new CommandError(`${file} could not be written: ${errorReason(error)}.`, exitCodes.failed, {
      cause: error,
    });
  }
}

function isThere(file: string): CommandError {
  return new CommandError(
    `--out is ${file}, which is there already, and nothing is overwritten: name another file, or remove it.`,
    exitCodes.usage,
  );
}
