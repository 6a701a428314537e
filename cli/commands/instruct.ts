import { MOST_HOURS, type InstructionName } from '../../workflows/model/instruction';
import { shown } from '../../workflows/model/shown';
import { mayHoldAfter } from '../../workflows/rotation';
import { exitCodes } from '../exit-codes';
import { addresseeOf, instruction, printAnswer, tell } from '../instructing';
import type { Terminal } from '../terminal';
import { readTime, timeProblem } from '../times';
import { logGiven, wordsMissing, type LogCommand } from '../usage';
import { withClient } from '../with-client';

/** The commands that tell a rotation something, and end with its answer. */

export interface InstructOptions {
  readonly config?: string;
  readonly rotation?: string;
  readonly who?: string;
  readonly why?: string;
}

export interface PostponeOptions extends InstructOptions {
  readonly to?: string;
}

export interface HoldOptions extends InstructOptions {
  readonly after?: string;
  readonly until?: string;
}

/** `go LOG`: lets a rotation go on that waits for a time, a lull, the next attempt or a person. */
export const go: LogCommand<InstructOptions> = async (log, options, terminal) =>
  await instruct(
    'goNow',
    { log: logGiven(log, options, ...whoAndWhy(options)), more: {} },
    options,
    terminal,
  );

/** `reject LOG`: ends a rotation that waits for approvals; nothing has been changed. */
export const reject: LogCommand<InstructOptions> = async (log, options, terminal) =>
  await instruct(
    'reject',
    { log: logGiven(log, options, ...whoAndWhy(options)), more: {} },
    options,
    terminal,
  );

/** `postpone LOG --to TIME`: lets a rotation that has not begun begin later. */
export const postpone: LogCommand<PostponeOptions> = async (log, options, terminal) => {
  const nowMs = Date.now();
  const { to = '' } = options;
  const name = logGiven(log, options, timeProblem('--to', options.to, nowMs), ...whoAndWhy(options));
  const more = { to: readTime(to, nowMs) };
  return await instruct('postpone', { log: name, more }, options, terminal);
};

/** `hold LOG --after STEP --until TIME`: lets a running rotation wait after a step in which no write waits. */
export const hold: LogCommand<HoldOptions> = async (log, options, terminal) => {
  const nowMs = Date.now();
  const { after = '', until = '' } = options;
  const name = logGiven(
    log,
    options,
    stepProblem(after),
    timeProblem('--until', options.until, nowMs, MOST_HOURS),
    ...whoAndWhy(options),
  );
  // The end of the hold is the end of the instruction.
  const more = { step: after, until: readTime(until, nowMs) };
  return await instruct('holdAfter', { log: name, more }, options, terminal);
};

function stepProblem(after: string): string | undefined {
  const steps = mayHoldAfter.join(', ');
  if (after.trim() === '') {
    return `Say after which step: --after STEP, one of ${steps}.`;
  }
  return mayHoldAfter.some((step) => step === after)
    ? undefined
    : `--after is ${shown(after)}; allowed is one of ${steps}: writes wait in the others.`;
}

function whoAndWhy({ who, why }: InstructOptions): (string | undefined)[] {
  return [wordsMissing(who, 'Say who decides: --who NAME.'), wordsMissing(why, 'Say why: --why TEXT.')];
}

async function instruct(
  update: InstructionName,
  { log, more }: { readonly log: string; readonly more: object },
  { who = '', why = '', ...options }: InstructOptions,
  terminal: Terminal,
): Promise<number> {
  return await withClient(log, options, async (client, configuration) => {
    const { rotation } = options;
    const addressee = await addresseeOf(client, configuration, { log, update, rotation });
    const input = instruction(addressee, { who, why }, more);
    const answer = await tell(client, addressee, { update, input, until: input.until }, terminal);
    printAnswer(addressee, answer, terminal);
    return exitCodes.done.code;
  });
}
