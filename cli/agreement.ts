import { CommandError } from './errors';
import { exitCodes } from './exit-codes';
import type { Terminal } from './terminal';

/** Refuses before anything is done when a question could not be asked; `look` says how to see what it is about. */
export function mustBeAskable(yes: boolean | undefined, look: string, terminal: Terminal): void {
  if (!yes && !terminal.asks) {
    throw new CommandError(
      `Nobody can be asked here, because standard input is no terminal. Look with \`${look}\` first; then say --yes.`,
      exitCodes.usage,
    );
  }
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
