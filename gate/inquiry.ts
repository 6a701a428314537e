import { crc32 } from 'node:zlib';
import type { Logger } from 'pino';
import type { Clock } from './clock';
import { ANSWERS_WITHIN_MS, type PeerAnswer } from './peers';

/** How soon the other gates are asked again. Milliseconds. */
const ASK_AGAIN_MS = 50;

/** Gates that ask in step would void each other's answers for ever: so much later at most, each its own. Milliseconds. */
const ASK_LATER_MS = 25;

/**
 * An answer to a question that is older says nothing: a process that was stopped reads it first when it goes on. Whoever gives orders
 * leaves out a silent gate only after a lease, which is no shorter. Milliseconds.
 */
export const OLDEST_ANSWER_MS = 1.5 * ANSWERS_WITHIN_MS;

interface InquiryParts {
  /** Asks all other gates. */
  readonly ask: () => Promise<readonly PeerAnswer[]>;
  /** Names this process among the gates of its log. */
  readonly process: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who wants to know. */
interface Inquirer {
  readonly informed: boolean;
  /** How often it has told other gates how it stands. */
  readonly toldPeers: number;
  /**
   * Concludes what can be concluded, and says whether it is informed now. Rejects when that could not be saved.
   *
   * @param toldPeers as it was before they were asked.
   */
  hearPeers(answers: readonly PeerAnswer[], toldPeers: number): Promise<boolean>;
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
    const { ask, process, clock, log } = this.#parts;
    const againMs = ASK_AGAIN_MS + (crc32(process) % ASK_LATER_MS);
    while (!inquirer.informed && !this.#ended) {
      const { toldPeers } = inquirer;
      const askedAt = clock.now();
      const answers = await ask();
      if (clock.now() - askedAt > OLDEST_ANSWER_MS) continue;
      const isInformed = await inquirer.hearPeers(answers, toldPeers).catch((error: unknown) => {
        log.error({ err: error }, 'what the other gates say could not be saved');
        return false;
      });
      if (isInformed) return;
      const words = answers.map(({ url, words }) => `${url}: ${words}`).join('; ');
      if (words !== this.#words) log.warn({ answers: words }, 'asking the other gates of this log');
      this.#words = words;
      await new Promise<void>((resolve) => clock.after(againMs, resolve));
    }
  }
}
