import type { Terminal } from '../../cli/terminal';

export interface RecordingTerminal extends Terminal {
  readonly output: string;
  readonly errors: string;
  /** Ctrl-C. */
  interrupt(): void;
}

/** A terminal that keeps what it is told and answers what it was told to answer. */
export function recordingTerminal(
  options: Partial<Pick<Terminal, 'columns' | 'rows' | 'asks' | 'redraws'>> & {
    readonly answer?: boolean;
  } = {},
): RecordingTerminal {
  const interrupted = new AbortController();
  let [output, errors] = ['', ''];
  return {
    columns: 80,
    rows: 24,
    asks: false,
    redraws: false,
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
