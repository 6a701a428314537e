import { CommandError } from './errors';
import { exitCodes } from './exit-codes';
import type { Terminal } from './terminal';

/** Why a question could not be asked, before anything is done; `look` is the command that shows what it is about. */
export function unaskable(yes: boolean | undefined, look: string, terminal: Terminal): string | undefined {
  return yes || terminal.asks
    ? undefined
    : `Nobody can be asked here, because standard input is no terminal. Look with \`rekor-rotate ${look}\` first; then say --yes.`;
}

/**
 * Shows what a question is about and asks it, unless it was answered beforehand; anything but a yes ends the command. With
 * `json`, standard output has the result alone.
 */
export async function mustAgree(
  shown: string,
  question: string,
  { yes, json }: { readonly yes?: boolean; readonly json?: boolean },
  terminal: Terminal,
): Promise<void> {
  terminal[json ? 'err' : 'out'](`${shown}\n`);
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
