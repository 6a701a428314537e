import { openAddress, type OpenAddress } from '../../audit/addresses';
import { audit, type AuditInput } from '../../audit/audit';
import type { AuditCode } from '../../audit/model/catalogue';
import type { Audit } from '../../audit/model/facts';
import { sleepingClock } from '../quiet-hours/asking';
import type { FakeLog } from '../activities/verification/fake-log';

/** Logs over HTTP, and the audits of them. */
export class Served {
  readonly #logs: FakeLog[] = [];
  /** Waits for nothing. */
  readonly #clock = sleepingClock();

  /** The addresses of logs, each of which listens from now on. */
  async at(...logs: readonly FakeLog[]): Promise<string[]> {
    this.#logs.push(...logs);
    return await Promise.all(logs.map((log) => log.listen()));
  }

  /** Everything is read, unless told otherwise. */
  async audit(urls: readonly string[], other: Partial<AuditInput> = {}, optional = false): Promise<Audit> {
    const opened: OpenAddress[] = urls.map((url) =>
      openAddress({ url, optional, clock: this.#clock }, 'test'),
    );
    try {
      return await audit({
        ...{ addresses: opened, sample: 3, reading: { kind: 'all' }, checkpoints: [], trustedKeys: [] },
        ...{ clockDifferenceMs: 0, signal: new AbortController().signal, ...other },
      });
    } finally {
      await Promise.all(opened.map(({ close }) => close()));
    }
  }

  /** Milliseconds of each pause of the audits. */
  get slept(): readonly number[] {
    return this.#clock.slept;
  }

  async close(): Promise<void> {
    await Promise.all(this.#logs.splice(0).map((log) => log.close()));
  }
}

/** The kinds that were found, each once. */
export function codesOf({ findings }: Pick<Audit, 'findings'>): AuditCode[] {
  return findings.counts.map(([code]) => code).sort();
}
