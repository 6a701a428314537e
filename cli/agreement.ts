import { CommandError } from './errors';
import { exitCodes } from './exit-codes';
import type { Terminal } from './terminal';

/** Why a question could not be asked, before anything is done; `look` is the command that shows what it is about. */
export function unaskable(yes: boolean | undefined, look: string, terminal: Terminal): string | undefined {
  return yes || terminal.asks
    ? undefined
    : `Nobody can be asked here, because standard input is no terminal. Look with \`rekor-rotate ${look}\` first; then say --yes.`;
}

/** Asks, unless it was said beforehand; anything but a yes ends the command. */
export async function mustAgree(
  yes: boolean | undefined,
  question: string,
  terminal: Terminal,
): Promise<void> {
  if (!yes && !(await agreed(question, terminal))) {
    throw new CommandError('Nothing has been changed.', exitCodes.refused);
  }
}

async function agreed(question: string, terminal: Terminal): Promise<boolean> {
  try {
    return await terminal.ask(question, terminal.interrupted);
  } catch (error) {
    if (terminal.interrupted.aborted) {
      return false;
    }
    throw error;
  }
}
