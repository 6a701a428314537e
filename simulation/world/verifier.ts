import { refuse, type RefusalError } from '../../activities/errors/refusal-error';
import type { RekorClient, RekorEntry } from '../../activities/clients/rekor';
import type { VerificationTarget } from '../../activities/verification/target';
import { readLogKey } from '../../activities/verification/log-key';
import type { LogVerifier } from '../../activities/verification/verification';
import type { VerificationReport } from '../../workflows/model/evidence';
import type { Random } from '../random';
import { onlyKey } from './only-key';
import type { SimulatedTrillian } from './trillian';

interface Parts {
  readonly log: string;
  readonly random: Random;
  readonly rekor: RekorClient;
  readonly trillian: SimulatedTrillian;
}

/** Proves what an address serves, as far as there is something to prove in the model: nothing is signed there. */
export function logVerifier({ log, random, rekor, trillian }: Parts): LogVerifier {
  const failsAt =
    (url: string) =>
    (reason: string): RefusalError =>
      refuse('VERIFICATION_FAILED', { what: `${log} at ${url}`, reason });
  const entryAt = (url: string, index: number, signal: AbortSignal): Promise<RekorEntry | null> =>
    rekor.entryAt({ name: url, url }, index, signal);

  async function provenShards(
    url: string,
    target: Pick<VerificationTarget, 'activeTreeId' | 'inactive' | 'rootHashes' | 'handoverLeafHash'>,
    signal: AbortSignal,
  ): Promise<{ readonly treeId: string; readonly length: number }[]> {
    const fails = failsAt(url);
    const served = await rekor.log({ name: url, url }, signal);
    if (served.activeTreeId !== target.activeTreeId) {
      throw fails(`its active tree is ${served.activeTreeId}, not ${target.activeTreeId}`);
    }
    const listed = served.inactive.map((shard) => shard.treeId).join();
    const wanted = target.inactive.map((shard) => shard.treeId).join();
    if (listed !== wanted) {
      throw fails(`its inactive shards are [${listed}], not [${wanted}]`);
    }
    for (const [position, { treeId, length }] of target.inactive.entries()) {
      const { loadedLength, liveLength } = served.inactive[position] ?? {};
      if (loadedLength !== length || liveLength !== length) {
        throw fails(
          `tree ${treeId} has ${liveLength ?? '?'} entries, loaded ${loadedLength ?? '?'}, not ${length}`,
        );
      }
      const known = target.rootHashes?.[treeId];
      if (known !== undefined && known !== trillian.head(treeId).rootHash) {
        throw fails(`the root of tree ${treeId} is another one`);
      }
    }
    const { handoverLeafHash } = target;
    if (
      handoverLeafHash !== undefined &&
      trillian.leaves(target.activeTreeId, 0, 1)[0]?.uuid !== handoverLeafHash
    ) {
      throw fails(`its first leaf is not the handover`);
    }
    return [...target.inactive, { treeId: target.activeTreeId, length: served.active.size }];
  }

  return {
    async rehearse({ url }, expected, signal) {
      const shards = expected ? await provenShards(url, expected, signal) : [];
      const total = shards.reduce((sum, { length }) => sum + length, 0);
      const served = await rekor.log({ name: url, url }, signal);
      await entryAt(url, 0, signal);
      // Not the only entry of an active tree: it may be the handover leaf of a rotation that is still taken back (H4).
      const newest = total - 1 - ((shards.at(-1)?.length ?? 0) === 1 ? 1 : 0);
      if (newest >= 0 && !(await entryAt(url, newest, signal))) {
        throw failsAt(url)(`there is no entry at index ${newest}`);
      }
      const { logId } = readLogKey(onlyKey);
      const heads = [
        ...served.inactive.map(({ treeId, loadedLength }) => ({ treeId, length: loadedLength })),
        { treeId: served.activeTreeId, length: served.active.size },
      ];
      const rootOf = (treeId: string, length: number): string => `${treeId} of ${length}`;
      return {
        ...{ hostname: 'gate', logId },
        shards: heads.map((head) => ({ ...head, logId, rootHash: rootOf(head.treeId, head.length) })),
      };
    },

    async verify(target, signal): Promise<VerificationReport> {
      const { url } = target.address;
      const fails = failsAt(url);
      const shards = await provenShards(url, target, signal);
      let firstIndex = 0;
      let proven = 0;
      for (const { treeId, length } of shards) {
        const leaves = new Set([0, length - 1, random.whole(0, Math.max(length - 1, 0))]);
        for (const leaf of [...leaves].filter((index) => index >= 0 && index < length)) {
          const index = firstIndex + leaf;
          const entry = await entryAt(url, index, signal);
          if (entry?.treeId !== treeId || entry.leafIndex !== leaf) {
            throw fails(`index ${index} is not leaf ${leaf} of tree ${treeId}`);
          }
          proven += 1;
        }
        firstIndex += length;
      }
      return {
        entriesVerified: proven,
        proofsVerified: proven * 3,
        checkpointsVerified: shards.length,
        shards: shards.map(({ treeId, length }) => ({
          treeId,
          length,
          entriesVerified: Math.min(length, 3),
        })),
        withoutBundle: 0,
      };
    },
  };
}
