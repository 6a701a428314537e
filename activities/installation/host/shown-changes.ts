import type { Change } from '../../../workflows/model/installation';
import { RefusalError } from '../../errors/refusal-error';
import { NEXT_TREE_ID } from '../content';
import { differingLines } from '../differing-lines';
import { signerParts } from '../shard-fields';
import { listedShards } from '../sharding-file';
import { shownTreeIdLine } from './environment-file';
import type { SlotContents, SlotFiles, SlotPair } from './slot-pair';
import type { NextContents } from './next-contents';
import { signerOf } from './slot-signer';

/** A slot, and what its files hold. */
interface PresentSlot {
  /** "slot green". */
  readonly name: string;
  readonly files: SlotFiles;
  readonly present: SlotContents;
}

/** What of a slot's files changes in a step, as it may be shown; in `stage` with what is written. */
export function shownChanges(
  pair: Pick<SlotPair, 'treeIdVariable' | 'signerVariables'>,
  step: 'stage' | 'settle',
  { name, files, present }: PresentSlot,
  next: NextContents,
): Change[] {
  const { environmentFile, shardingFile } = files;
  const list = differingLines(
    shownList(shardingFile, present.sharding),
    shownList(shardingFile, next.sharding),
  );
  const signer = signerLines(pair, environmentFile, present, next);
  const removed = [
    shownTreeIdLine(environmentFile, present.environment, pair.treeIdVariable),
    ...signer.removed,
  ];
  const added = [`${pair.treeIdVariable}=${NEXT_TREE_ID}`, ...signer.added];
  const ofList = { what: `sharding list of ${name}`, target: shardingFile, ...list };
  const what = signer.added.length === 0 ? 'active tree' : 'active tree and signer';
  const ofTree = { what: `${what} of ${name}`, target: environmentFile, removed, added };
  return [
    { ...ofList, content: next.shardingContent },
    { ...ofTree, content: next.environmentContent },
  ].map(({ content, ...file }) => ({
    step,
    kind: 'file',
    ...file,
    ...(step === 'stage' && { content }),
  }));
}

/** The variables of the signer that change. What they hold now is not ours to show (H28). */
function signerLines(
  { signerVariables }: Pick<SlotPair, 'signerVariables'>,
  path: string,
  { environment }: SlotContents,
  { signers }: NextContents,
): { readonly removed: readonly string[]; readonly added: readonly string[] } {
  if (!signerVariables || !signers) return { removed: [], added: [] };
  const present = signerOf(path, environment, signerVariables);
  const changed = signerParts.flatMap((part) => {
    const variable = signerVariables[part];
    return variable === undefined || present[part] === signers.wanted[part] ? [] : [{ part, variable }];
  });
  return {
    removed: changed.map(({ part, variable }) => `${variable}=${present[part] === '' ? '' : '<hidden>'}`),
    added: changed.map(({ part, variable }) => `${variable}=${signers.shown[part]}`),
  };
}

/** The lines of a list that may be shown. The next slot's own is replaced as a whole, so it may be anything. */
function shownList(path: string, text: string | null): string[] {
  try {
    return listedShards(path, text).flatMap((shard) => shard.shown);
  } catch (error) {
    if (error instanceof RefusalError) return ['<no list that can be read>'];
    throw error;
  }
}
