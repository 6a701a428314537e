import type { Choice } from '../workflows/model/choices';
import type { Held } from '../workflows/model/held';
import { list, spoken, titled, wrap } from './text';

/** What each choice is called on the command line, and what it does. */
export const resumeChoices: Readonly<Record<Choice, { readonly option: string; readonly does: string }>> = {
  retry: { option: '--retry', does: 'try it again at once' },
  skip: { option: '--skip', does: 'leave it out and go on' },
  giveUp: { option: '--give-up', does: 'end the rotation here, as held' },
};

/** What a rotation waits for a person with: what is wrong, what is there, and what can be done. */
export function heldLines(log: string, held: Held, columns: number): string[] {
  return [...heldHead(held, columns), ...leftLines(held, columns), ...decisionLines(log, held)];
}

/** The same for a picture that is redrawn, which has no room for long lines and cannot be scrolled. */
export function heldPicture(log: string, held: Held, columns: number): string[] {
  const where = `\`rekor-rotate status ${log}\` shows what is there now, and the commands that finish it by hand.`;
  return [
    ...heldHead(held, columns),
    ...reasonLines(held, columns),
    ...wrap(where, columns, '  '),
    ...decisionLines(log, held),
  ];
}

function heldHead({ step, tries, since, longestPauseMs }: Held, columns: number): string[] {
  const goingOn = `It keeps trying by itself, with pauses of at most ${spoken(longestPauseMs)}.`;
  return wrap(`Held: ${step}, after ${tries} tries since ${since}. ${goingOn}`, columns);
}

function decisionLines(log: string, { choices }: Held): string[] {
  const commands = choices.flatMap((choice) => {
    const { option, does } = resumeChoices[choice];
    return [`  rekor-rotate resume ${log} ${option} --who NAME --why TEXT`, `    to ${does}`];
  });
  return titled('To decide', commands);
}

/** The same without the choices: of a rotation that has ended. Commands stay whole, to be copied. */
export function leftLines(held: Held, columns: number): string[] {
  const commands = held.commands.map((command) => `  ${command}`);
  return [
    ...reasonLines(held, columns),
    ...titled('What is there now', list(held.state, columns)),
    ...titled('To finish it by hand', commands),
  ];
}

function reasonLines({ reason }: Held, columns: number): string[] {
  return wrap(`${reason.message} ${reason.remedy} (${reason.code})`, columns, '  ');
}
