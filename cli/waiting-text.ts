import type { Progress } from '../workflows/messages';
import type { InstructionName } from '../workflows/model/instruction';
import { waitedFor, type Waiting } from '../workflows/model/waiting';
import { titled, wrap } from './text';
import { whenText } from './times';

/** What a rotation waits for although nothing has failed, as every command says it. */

/** What each Update is called on the command line, with what it needs, and what it does. */
const commands: Readonly<
  Record<InstructionName, { readonly command: string; readonly more: string; readonly does: string }>
> = {
  approve: { command: 'approve', more: '', does: 'approve exactly this plan' },
  reject: { command: 'reject', more: '--who NAME --why TEXT', does: 'end it, with nothing changed' },
  goNow: { command: 'go', more: '--who NAME --why TEXT', does: 'go on without waiting' },
  postpone: { command: 'postpone', more: '--to TIME --who NAME --why TEXT', does: 'let it begin later' },
  holdAfter: {
    command: 'hold',
    more: '--after STEP --until TIME --who NAME --why TEXT',
    does: 'let it wait after a step',
  },
  rollBack: { command: 'cancel', more: '--who NAME --why TEXT', does: 'take it back' },
  resume: { command: 'resume', more: '--who NAME --why TEXT', does: 'decide what happens' },
};

/** What is waited for, since when and until when, why, and by which commands a person can change that; nothing where it waits for nothing. */
export function waitingLines(progress: Progress, columns: number, timeZone: string): string[] {
  const { log, waiting, takes } = progress;
  if (waiting === null) {
    return [];
  }
  const decisions = takes.flatMap(({ update }) => {
    const { does } = commands[update];
    return [`  ${commandOf(log, update, waiting)}`, `    to ${does}`];
  });
  return [
    ...wrap(waitingHead(waiting, timeZone), columns),
    ...wrap(waiting.text, columns, '  '),
    ...titled('To decide', decisions),
  ];
}

/** What a pipe is told when a wait begins, when it becomes another one, and when it ends; a line each. */
export function waitingNews(before: Waiting | null, now: Progress, timeZone: string): string[] {
  const { log, waiting, takes } = now;
  if (waiting === null) {
    return before === null ? [] : [`no longer waits for ${waitedFor[before.for]}`];
  }
  if (
    before?.for === waiting.for &&
    before.until === waiting.until &&
    missingOf(before) === missingOf(waiting)
  ) {
    return [];
  }
  const decide = takes.map(({ update }) => `\`${commandOf(log, update, waiting)}\``).join(', ');
  return [
    `${waitingHead(waiting, timeZone)} ${waiting.text}${decide === '' ? '' : ` To decide: ${decide}.`}`,
  ];
}

function missingOf({ asks }: Waiting): number | undefined {
  return asks?.missing;
}

/** What is waited for, since when and until when. */
export function waitingHead({ for: what, since, until }: Waiting, timeZone: string): string {
  const end = until === null ? '' : `, until ${whenText(until, timeZone)} at most`;
  return `Waits for ${waitedFor[what]}, since ${whenText(since, timeZone)}${end}. Nothing has failed.`;
}

function commandOf(log: string, update: InstructionName, { asks }: Waiting): string {
  const { command, more } = commands[update];
  const who = update === 'approve' && asks?.approvers.length === 0 ? '--who NAME' : more;
  return `rekor-rotate ${command} ${log}${who === '' ? '' : ` ${who}`}`;
}
