import { mustAgree, unaskable } from '../agreement';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { chosenSchedule, withSchedules, type ScheduleOptions } from '../schedule/chosen';
import { setPaused, trigger } from '../schedule/making';
import type { Terminal } from '../terminal';
import { wrap } from '../text';
import { logGiven, wordsMissing, type LogCommand } from '../usage';

export interface SchedulePauseOptions extends ScheduleOptions {
  readonly why?: string;
}

export interface ScheduleDeleteOptions extends ScheduleOptions {
  readonly yes?: boolean;
}

/** `schedule pause LOG`: it fires no more, until somebody lets it go on. */
export const schedulePause: LogCommand<SchedulePauseOptions> = (log, options, terminal) =>
  pausing(true, log, options, terminal);

/** `schedule resume LOG`: it fires again. What it has not fired for meanwhile is not made up for. */
export const scheduleResume: LogCommand<SchedulePauseOptions> = (log, options, terminal) =>
  pausing(false, log, options, terminal);

async function pausing(
  paused: boolean,
  log: string | undefined,
  options: SchedulePauseOptions,
  terminal: Terminal,
): Promise<number> {
  const { why = '' } = options;
  // Temporal takes an empty reason and does nothing.
  logGiven(options.id === undefined ? log : '', options, wordsMissing(why, 'Say why: --why TEXT.'));
  return await withSchedules(log, options, async (client) => {
    const { scheduleId, paused: was } = await chosenSchedule(client, log, options);
    await setPaused(client, scheduleId, paused, why.trim());
    const now = paused ? 'is paused' : 'fires again';
    says(
      terminal,
      `The schedule ${scheduleId} ${now}${was === paused ? ', as before' : ''}. A rotation that runs goes on.`,
    );
    return exitCodes.done.code;
  });
}

/** `schedule trigger LOG`: a run now, by the same policy. Exits with 3 when nothing was started, because one is open. */
export const scheduleTrigger: LogCommand<ScheduleOptions> = async (log, options, terminal) => {
  return await withSchedules(log, options, async (client) => {
    const { scheduleId } = await chosenSchedule(client, log, options);
    const came = await trigger(client, scheduleId);
    if ('runs' in came) {
      const text = `Nothing was started: ${came.runs} runs already, and ${scheduleId} starts no second one beside it.`;
      throw new CommandError(text, exitCodes.refused);
    }
    says(
      terminal,
      `Started ${came.started}. It judges by the policy, so it may end without a rotation; \`rekor-rotate schedule show\` says how it ended.`,
    );
    return exitCodes.done.code;
  });
};

/** `schedule delete LOG`: the schedule is gone; a run of it that is open goes on. */
export const scheduleDelete: LogCommand<ScheduleDeleteOptions> = async (log, options, terminal) => {
  const named = options.id ?? log ?? 'LOG';
  logGiven(options.id ?? log, options, unaskable(options.yes, `schedule show ${named}`, terminal));
  return await withSchedules(log, options, async (client) => {
    const { scheduleId, description } = await chosenSchedule(client, log, options);
    const open = description.info.runningActions.map(({ workflow }) => workflow.workflowId);
    const goesOn = open.length === 0 ? '' : ` ${open.join(', ')} is open and goes on.`;
    await mustAgree(
      `The schedule ${scheduleId} will be deleted.${goesOn}`,
      `Delete ${scheduleId}?`,
      options,
      terminal,
    );
    await client.schedule.getHandle(scheduleId).delete();
    says(terminal, `The schedule ${scheduleId} is deleted.${goesOn}`);
    return exitCodes.done.code;
  });
};

function says(terminal: Terminal, text: string): void {
  terminal.out(wrap(text, terminal.columns).join('\n'));
}
