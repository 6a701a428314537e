import { logNamed } from '../../config/load';
import { choices, type Choice } from '../../workflows/model/choices';
import { resumeProblems, type ResumeInput } from '../../workflows/model/held';
import { inMinutes } from '../../workflows/model/times';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { resumeChoices } from '../held-text';
import { tell } from '../instructing';
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

/** So long a decision lasts that no worker has taken. */
const LASTS_MINUTES = 5;

/** `resume LOG`: a person's decision about what a rotation or recovery is held by. */
export const resume: LogCommand<ResumeOptions> = async (name, options, terminal) => {
  const { who = '', why = '' } = options;
  const [choice, ...others] = choicesOf(options);
  const log = logGiven(
    name,
    options,
    choice === undefined || others.length > 0 ? 'Say one of --retry, --skip and --give-up.' : undefined,
    wordsMissing(who, 'Say who decides: --who NAME.'),
    wordsMissing(why, 'Say why: --why TEXT.'),
  );
  return await withClient(log, options, async (client, configuration) => {
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
    const step = progress.held?.step ?? '';
    // A worker that comes back an hour later must not follow what was said of the log as it is now.
    const until = inMinutes(Date.now(), LASTS_MINUTES);
    const input = { choice, step, who, why, until } as ResumeInput;
    const problems = resumeProblems(input, progress.held, Date.now());
    if (problems.length > 0) {
      throw new CommandError(problems.join(' '), exitCodes.refused);
    }
    await tell(client, { handle: lock.handle, log }, { update: 'resume', input, until }, terminal);
    const { does } = resumeChoices[input.choice];
    const text = `Told ${lock.handle.workflowId} to ${does}: ${step}. Watch it with \`rekor-rotate status --watch ${log}\`.`;
    terminal.out(wrap(text, terminal.columns).join('\n'));
    return exitCodes.done.code;
  });
};

function choicesOf(options: ResumeOptions): Choice[] {
  return choices.filter((choice) => options[choice]);
}
