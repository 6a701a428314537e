import type { Content, PlannedSigner, SignerPart } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import { copyWith, edited, editedCopy } from '../content';
import { signerEdits, withSigners } from '../listed-signers';
import { withShards } from '../sharding-file';
import { assignmentOf } from './environment-file';
import type { SlotContents, SlotPair } from './slot-pair';
import { plannedSigners, type NamedSigner, type SignerChange } from './signer-change';

/** What the next slot is given, and in what that differs from what it has. */
export interface NextContents {
  /** With every secret that is copied: only `shard-fields.ts` may show it. */
  readonly sharding: string;
  readonly shardingContent: Content;
  readonly environmentContent: Content;
  /** Undefined where the signers stay as they are. */
  readonly signers: SignerChange | undefined;
  readonly signer: PlannedSigner | undefined;
}

/**
 * What the next slot is given: the served list, which only the current slot knows, with the trees at its end that it does
 * not have yet; and its own environment, because ports and paths are the slot's own, with another tree id. Where the next tree
 * is to have another signer, that stands in the environment, and the list names those of the earlier shards.
 */
export function nextContents(
  pair: SlotPair,
  before: { readonly current: SlotContents; readonly next: SlotContents },
  earlier: readonly TreeId[],
): NextContents {
  const { current, next, treeIdVariable } = pair;
  const list = before.current.sharding ?? '';
  const plain = withShards(current.shardingFile, list, earlier);
  const signers = plannedSigners(pair, before, { list: plain, earlier });
  const named = signers?.named ?? [];
  const { environment } = before.next;
  const place = assignmentOf(next.environmentFile, environment, treeIdVariable);
  return {
    sharding: withSigners(
      current.shardingFile,
      plain,
      byTree(named, ({ values }) => values),
    ),
    shardingContent: edited(
      copyWith(current.shardingFile, list, plain),
      plain.length,
      signerEdits(
        current.shardingFile,
        plain,
        byTree(named, ({ places }) => places),
      ),
    ),
    environmentContent: editedCopy(next.environmentFile, environment.length, [
      { ...place, pieces: [{ nextTreeId: true }] },
      ...(signers?.edits ?? []),
    ]),
    signers,
    signer: signers?.planned,
  };
}

function byTree<Value>(
  named: readonly NamedSigner[],
  value: (signer: NamedSigner) => ReadonlyMap<SignerPart, Value>,
): ReadonlyMap<TreeId, ReadonlyMap<SignerPart, Value>> {
  return new Map(named.map((signer) => [signer.treeId, value(signer)]));
}
