import type { InstructionName } from '../workflows/model/instruction';

/** The command that gives an instruction. */
const commandOf: Readonly<Record<InstructionName, string>> = {
  approve: 'approve',
  reject: 'reject',
  goNow: 'go',
  postpone: 'postpone',
  holdAfter: 'hold',
  rollBack: 'cancel',
  resume: 'resume',
};

/** The options for the fields of an instruction; what a command fills in by itself has none. */
const optionsOf: Readonly<Partial<Record<InstructionName, Readonly<Record<string, string>>>>> = {
  postpone: { to: '--to' },
  holdAfter: { step: '--after', until: '--until' },
};

/** What a workflow answers to an instruction, for whoever gave it by a command: with that, and its options. */
export function atTerminal(update: InstructionName, answer: string): string {
  const options = optionsOf[update] ?? {};
  return answer
    .replace(/^(\w+) was not taken:/, `${commandOf[update]} was not taken:`)
    .replace(/(: |\. )(\w+)(?= is )/g, (whole, before: string, field: string) =>
      options[field] === undefined ? whole : `${before}${options[field]}`,
    )
    .replace(/\bgoNow\b/g, '`rekor-rotate go`');
}
