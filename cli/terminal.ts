import { createInterface } from 'node:readline/promises';

/** What a command speaks to: two streams, a person or none, and Ctrl-C. Tests bring their own. */
export interface Terminal {
  /** Standard output: what was asked for. A newline is added. */
  out(text: string): void;
  /** Standard error: what is said beside it. A newline is added. */
  err(text: string): void;
  /** Standard output is a terminal, where lines can be drawn again. */
  readonly redraws: boolean;
  /** Standard output is a terminal that has 256 colours, and nobody has said NO_COLOR. */
  readonly colours: boolean;
  readonly columns: number;
  readonly rows: number;
  /** The zone of the reader, an IANA name. */
  readonly timeZone: string;
  /** A person can be asked. */
  readonly asks: boolean;
  /** Yes or no; everything but y and yes is no. */
  ask(question: string, signal: AbortSignal): Promise<boolean>;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** The columns of what a person reads elsewhere: in a mail, a pager or the log of a job. */
const COLUMNS_ELSEWHERE = 80;

/** How wide what is written to a stream may be: as its terminal, or as what is read elsewhere where there is none or it has no size. */
export function columnsOf({
  isTTY,
  columns,
}: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): number {
  return (isTTY && columns) || COLUMNS_ELSEWHERE;
}

/** The terminal of this process. The second Ctrl-C ends it at once. */
export function processTerminal(interruptedCode: number): Terminal {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    if (interrupted.signal.aborted) {
      process.exit(interruptedCode);
    }
    interrupted.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  // A reader like `head` may leave early; there is nobody left to tell then.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    redraws: process.stdout.isTTY,
    // It is Node.js that looks at NO_COLOR, FORCE_COLOR and TERM here.
    colours: process.stdout.isTTY && process.stdout.hasColors(256),
    columns: columnsOf(process.stdout),
    rows: process.stdout.isTTY ? process.stdout.rows : 24,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    asks: process.stdin.isTTY,
    ask: async (question, signal) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      lines.on('SIGINT', interrupt);
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
      } finally {
        lines.close();
      }
    },
    interrupted: interrupted.signal,
  };
}

/** Lines that are drawn over their earlier selves. Only the last ones that fit are shown. */
export class Picture {
  #drawn = 0;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How long a line may be: in a terminal's last column some of them begin a new line. */
  get columns(): number {
    return this.#terminal.columns - 1;
  }

  draw(lines: readonly string[]): void {
    const { rows } = this.#terminal;
    const shown = lines.slice(-Math.max(1, rows - 2)).map((line) => line.slice(0, this.columns));
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A\u001b[0J` : '';
    this.#terminal.out(up + shown.join('\n'));
    this.#drawn = shown.length;
  }
}
