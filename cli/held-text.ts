import type { Choice, Held } from '../workflows/model/held';
import { wrap } from './text';

/** What each choice is called on the command line, and what it does. */
export const resumeChoices: Readonly<Record<Choice, { readonly option: string; readonly does: string }>> = {
  retry: { option: '--retry', does: 'try it again at once' },
  skip: { option: '--skip', does: 'leave it out and go on' },
  giveUp: { option: '--give-up', does: 'end the rotation here, as held' },
};

/** What a rotation waits for a person with: what is wrong, what is there, and what can be done. */
export function heldLines(log: string, held: Held, columns: number): string[] {
  const { step, tries, since, choices } = held;
  return [
    ...wrap(`Held: ${step}, after ${tries} tries since ${since}. It is tried on all the while.`, columns),
    ...leftLines(held, columns),
    '',
    'To decide',
    ...choices.flatMap((choice) => {
      const { option, does } = resumeChoices[choice];
      return [`  rekor-rotate resume ${log} ${option} --who NAME --why TEXT`, `    to ${does}`];
    }),
  ];
}

/** The same without the choices: of a rotation that has ended. Commands stay whole, to be copied. */
export function leftLines({ reason, state, commands }: Held, columns: number): string[] {
  return [
    ...wrap(`${reason.message} ${reason.remedy} (${reason.code})`, columns, '  '),
    ...section(
      'What is there now',
      state.flatMap((fact) => wrap(fact, columns, '  - ', '    ')),
    ),
    ...section(
      'To finish it by hand',
      commands.map((command) => `  ${command}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}
