import type { PemFile } from '../clients/authorities';
import { findingAt, type OnFinding, refuseFinding, stopAtFirst } from './finding';
import { LogReader } from './log-reader';
import { type LogTerms, LogVerification } from './log-verification';
import { NotProven } from './not-proven';
import { type ExpectedShards, rehearse } from './rehearsal';
import type { LogAddress, VerificationTarget } from './target';

/** What `logVerifier` gives. */
export type LogVerifier = ReturnType<typeof logVerifier>;

export interface VerifierOptions extends LogTerms {
  /** Who may sign for an https address. */
  readonly authorities?: PemFile | undefined;
}

/** The verifier of one log. It shares no code with the Rekor client that the rotation itself uses. */
export function logVerifier(options: VerifierOptions) {
  const { log, authorities } = options;
  async function reading<Result>(
    address: LogAddress,
    read: (reader: LogReader) => Promise<Result>,
  ): Promise<Result> {
    const reader = new LogReader(log, { ...address, authorities });
    try {
      return await read(reader);
    } finally {
      await reader.close();
    }
  }
  return {
    /**
     * Proves what the address serves: the shard list, every checkpoint, and of each shard its first, last and random
     * entries by index, entry id and UUID, each twice: by this folder's code and by `@sigstore/verify`.
     * The active tree may grow meanwhile: its last entry is that of the beginning, and each head seen later
     * is proven to extend the ones before.
     *
     * The first thing that does not hold ends it: VERIFICATION_FAILED, naming shard, index and reason. `onFinding` may want
     * more, and is then told of each once: of a list, a head, an entry or a boundary the first reason, since what comes after
     * depends on it. The report counts what was proven. An address that does not answer ends it either way, with
     * REKOR_UNREACHABLE; and an aborted signal does, with its reason.
     *
     * The keys are the log's own word (`GET /api/v1/log/publicKey`): that they are the ones clients trust is for
     * the reader of the plan to say. Lengths are proven of the process that answered: behind an address
     * with several processes, verify each instance too (H29).
     */
    async verify(target: VerificationTarget, signal: AbortSignal, onFinding: OnFinding = stopAtFirst) {
      return await reading(target.address, (reader) =>
        new LogVerification({ terms: options, target, reader, onFinding, signal }).run(),
      );
    },

    /**
     * Makes each kind of request that `verify` makes, over the same connections, and says who signs there. With the shards
     * that are expected it proves their heads and the newest entry. Refuses as `verify` does.
     */
    async rehearse(address: LogAddress, expected: ExpectedShards | undefined, signal: AbortSignal) {
      const place = { where: `What ${log} serves at ${address.url}` };
      return await reading(address, async (reader) => {
        try {
          return await rehearse(reader, expected, signal);
        } catch (error) {
          throw error instanceof NotProven ? refuseFinding(findingAt(place, error), error) : error;
        }
      });
    },
  };
}
