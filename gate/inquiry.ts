import type { Logger } from 'pino';
import type { Clock } from './clock';
import type { PeerAnswer } from './peers';

/** How soon the other gates are asked again. Milliseconds. */
const ASK_AGAIN_MS = 50;

interface InquiryParts {
  /** Asks all other gates. */
  readonly ask: () => Promise<readonly PeerAnswer[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who wants to know. */
interface Inquirer {
  readonly informed: boolean;
  /** Concludes what can be concluded, and says whether it is informed now. Rejects when that could not be saved. */
  hearPeers(answers: readonly PeerAnswer[]): Promise<boolean>;
}

/** Asks the other gates of the log until this one is informed. */
export class Inquiry {
  readonly #parts: InquiryParts;
  #asking: Promise<void> | null = null;
  #words = '';
  #ended = false;

  constructor(parts: InquiryParts) {
    this.#parts = parts;
  }

  /** Why nothing can be concluded from what the others said last, for people. */
  get words(): string {
    return `the gate does not know the last order of all gates of its log: ${this.#words || 'none was asked yet'}`;
  }

  /** Resolves when the inquirer is informed, or the inquiry ended. */
  begin(inquirer: Inquirer): Promise<void> {
    this.#asking ??= this.#ask(inquirer).finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** Nobody is asked any more. */
  end(): void {
    this.#ended = true;
  }

  async #ask(inquirer: Inquirer): Promise<void> {
    const { ask, clock, log } = this.#parts;
    while (!inquirer.informed && !this.#ended) {
      const answers = await ask();
      const isInformed = await inquirer.hearPeers(answers).catch((error: unknown) => {
        log.error({ err: error }, 'what the other gates say could not be saved');
        return false;
      });
      if (isInformed) return;
      const words = answers.map(({ url, words }) => `${url}: ${words}`).join('; ');
      if (words !== this.#words) log.warn({ answers: words }, 'asking the other gates of this log');
      this.#words = words;
      await new Promise<void>((resolve) => clock.after(ASK_AGAIN_MS, resolve));
    }
  }
}
