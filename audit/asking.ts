import { LogUnreadable, MustStop } from '../activities/clients/log-requests';
import { NotProven } from '../activities/verification/not-proven';
import { printable } from '../workflows/model/shown';
import type { AuditedLog } from './audited-log';
import type { Unasked } from './model/facts';

/** Who is asked. */
export interface Asked {
  readonly log: AuditedLog;
  /** That nobody listens there is no trouble: one of two slots is stopped most of the time. */
  readonly optional: boolean;
}

/** Remembers which addresses could not be asked. */
export class Asking {
  readonly unasked: Unasked[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** What is true of one address alone; undefined when that cannot be asked, which is then said. */
  async of<Result>({ log, optional }: Asked, ask: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.#signal.throwIfAborted();
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      // A slot that answers wrongly is none that is stopped.
      const isStopped = error instanceof LogUnreadable && error.isRefused;
      this.unasked.push({ address: log.url, reason: printable(reason), optional: optional && isStopped });
      return undefined;
    }
  }
}

/** Why an address cannot be asked, in words that follow "it"; undefined for an error of another kind. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof LogUnreadable) return error.reason;
  if (error instanceof MustStop) return 'it asks for more patience than we have';
  if (error instanceof NotProven) return error.words;
  return undefined;
}
