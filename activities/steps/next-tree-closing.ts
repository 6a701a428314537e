import type { AttemptInput, CloseInput } from '../../workflows/model/actions';
import type { ClosedNextTree } from '../../workflows/model/next-tree';
import { freezeTree } from '../drain';
import { foundOrRefused } from '../errors/refusal-error';
import { sameEnd } from '../handover';
import type { Act } from './act';
import { currentEnd } from './current-end';
import { contentAt, handedOver } from './next-tree-content';
import { servedHandover } from './next-tree-opening';
import { ifOurs, livesOnNext } from './ownership';

/**
 * Closes the next tree, proves it drained and says what it holds. Public entries in it make it the log's tree:
 * then it is for the caller to go forward. One that clients are sent to is left as it is, unless the input says otherwise and
 * they are not served there.
 */
export const closeNextTree: Act<CloseInput, ClosedNextTree> = async (systems, input) => {
  const { trillian, drain, bounds } = systems;
  const { identity, release } = input;
  const { nextTreeId, currentTreeId } = release;
  const nothing: ClosedNextTree = { content: 'nothing', currentGrew: false };
  return await ifOurs(systems, identity, nothing, async () => {
    const leaves = async (): Promise<boolean> => !input.evenIfExposed || (await isServed(systems, input));
    if ((await livesOnNext(systems, input)) && (await leaves())) {
      return { content: 'serving', currentGrew: false };
    }
    const { size, rootHash } = await freezeTree(systems, drain, nextTreeId, bounds);
    const handover = await handedOver(systems, nextTreeId);
    const current = { treeId: currentTreeId, ...(await trillian.treeHead(currentTreeId, bounds)) };
    const currentGrew = handover?.end.treeId === currentTreeId && !sameEnd(handover.end, current);
    return { content: contentAt(size, handover), currentGrew, end: { size, rootHash } };
  });
};

/** Whether clients, who are sent to the next tree, are served there by every instance. */
const isServed: Act<AttemptInput, boolean> = async (systems, input) => {
  const { found } = await foundOrRefused(async () => {
    const { end } = await currentEnd(systems, input);
    return await servedHandover(systems, { ...input, frozen: { ...end, proof: [] } });
  });
  return found !== null;
};
