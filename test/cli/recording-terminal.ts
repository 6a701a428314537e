import { run } from '../../cli/program';
import type { Terminal } from '../../cli/terminal';

export interface RecordingTerminal extends Terminal {
  readonly output: string;
  readonly errors: string;
  /** Ctrl-C. */
  interrupt(): void;
}

/** What a command line says, and exits with; `words`: all of it, however it is broken into lines. */
export async function saidBy(command: readonly string[], terminal = recordingTerminal()) {
  const code = await run(command, terminal);
  const { output, errors } = terminal;
  return { code, output, errors, words: `${output} ${errors}`.replace(/\s+/g, ' ') };
}

/** A terminal that keeps what it is told and answers what it was told to answer. */
export function recordingTerminal(
  options: Partial<Pick<Terminal, 'colours' | 'columns' | 'rows' | 'timeZone' | 'asks' | 'redraws'>> & {
    readonly answer?: boolean;
  } = {},
): RecordingTerminal {
  const interrupted = new AbortController();
  let [output, errors] = ['', ''];
  return {
    columns: 80,
    rows: 24,
    timeZone: 'Europe/Berlin',
    asks: false,
    redraws: false,
    colours: false,
    ...options,
    out: (text) => (output += `${text}\n`),
    err: (text) => (errors += `${text}\n`),
    ask: () => Promise.resolve(options.answer ?? false),
    interrupted: interrupted.signal,
    interrupt: () => interrupted.abort(),
    get output() {
      return output;
    },
    get errors() {
      return errors;
    },
  };
}
