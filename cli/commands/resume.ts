import { logNamed } from '../../config/load';
import { choices, resumeProblems, type Choice, type ResumeInput } from '../../workflows/model/held';
import { CommandError, innermost } from '../errors';
import { exitCodes } from '../exit-codes';
import { resumeChoices } from '../held-text';
import { pausedText } from '../paused-text';
import { wrap } from '../text';
import { logGiven, wordsMissing, type LogCommand } from '../usage';
import { withClient } from '../with-client';

export interface ResumeOptions {
  readonly config?: string;
  readonly retry?: boolean;
  readonly skip?: boolean;
  readonly giveUp?: boolean;
  readonly who?: string;
  readonly why?: string;
}

/** `resume LOG`: a person's decision about what a rotation or recovery is held by. */
export const resume: LogCommand<ResumeOptions> = async (name, options, terminal) => {
  const { who = '', why = '' } = options;
  const [choice, ...others] = choicesOf(options);
  const log = logGiven(
    name,
    choice === undefined || others.length > 0 ? 'Say one of --retry, --skip and --give-up.' : undefined,
    wordsMissing(who, 'Say who decides: --who NAME.'),
    wordsMissing(why, 'Say why: --why TEXT.'),
  );
  const input = { choice, who, why } as ResumeInput;
  return await withClient(options, async (client, configuration) => {
    const lock = await client.lock(log);
    if (lock.state !== 'running') {
      // A misspelt name must not read as "nothing is held".
      logNamed(configuration, log);
      throw new CommandError(`Nothing of ${log} runs; there is nothing to resume.`, exitCodes.refused);
    }
    if (lock.paused) {
      throw new CommandError(pausedText(log, lock.paused), exitCodes.refused);
    }
    const progress = await client.progress(lock.handle);
    if (!progress) {
      throw new CommandError(
        `No worker answers for ${lock.handle.workflowId}. Start one with \`rekor-rotate worker\`, then say it again.`,
        exitCodes.failed,
      );
    }
    const step = progress.held?.step;
    const ofStep = { ...input, ...(step !== undefined && { step }) };
    const problems = resumeProblems(ofStep, progress.held);
    if (problems.length > 0) {
      throw new CommandError(problems.join(' '), exitCodes.refused);
    }
    try {
      await client.resume(lock.handle, ofStep);
    } catch (error) {
      throw notOrdered(error);
    }
    const { does } = resumeChoices[input.choice];
    const text = `Told ${lock.handle.workflowId} to ${does}: ${step ?? ''}. Watch it with \`rekor-rotate status --watch ${log}\`.`;
    terminal.out(wrap(text, terminal.columns).join('\n'));
    return exitCodes.done.code;
  });
};

function choicesOf(options: ResumeOptions): Choice[] {
  return choices.filter((choice) => options[choice]);
}

/** What the rotation itself answered wins over what was shown a moment ago. */
function notOrdered(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  switch (error.name) {
    case 'WorkflowUpdateFailedError':
      return new CommandError(innermost(error).message, exitCodes.refused, { cause: error });
    case 'WorkflowNotFoundError':
      return new CommandError('It has ended meanwhile; there is nothing to resume.', exitCodes.refused, {
        cause: error,
      });
    case 'WorkflowUpdateRPCTimeoutOrCancelledError':
      return new CommandError(
        'No worker has answered in time. Look with `rekor-rotate status` whether it was taken, before you say it again.',
        exitCodes.failed,
        { cause: error },
      );
    default:
      return error;
  }
}
