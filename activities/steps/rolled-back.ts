import type { LookBackInput } from '../../workflows/model/actions';
import type { Release } from '../../workflows/model/installation';
import type { TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import { refuse } from '../errors/refusal-error';
import type { Act } from './act';
import { allowWritesToCurrent } from './current-tree';
import { retireNextTree } from './next-tree';
import { closeNextTree } from './next-tree-closing';
import { ifOurs, livesOnNext } from './ownership';
import { sendToCurrent } from './writes';

/** One thing that is not as before an attempt, in plain words, and what it should be. */
export interface NotAsBefore {
  readonly found: string;
  readonly wanted: { readonly treeId: TreeId; readonly state: 'ACTIVE' | 'FROZEN' } | 'clients to current';
}

/**
 * What is not as before once an attempt was taken back: a call of a dead worker may have landed after its undo (H8). It is
 * taken back once more, which is no harm for what stayed undone. The files are not looked at here; the preflight of the
 * next rotation does.
 *
 * @returns what was found, in plain words; nothing in the good case.
 * @throws NOT_AS_BEFORE when something is not as before all the same.
 */
export const lookBack: Act<LookBackInput, readonly string[]> = async (systems, input) => {
  const looked = async (): Promise<string[]> => (await notAsBefore(systems, input)).map(({ found }) => found);
  const differences = await looked();
  if (differences.length === 0) {
    return [];
  }
  await closeNextTree(systems, input);
  if (input.froze) {
    await allowWritesToCurrent(systems, input);
  }
  await sendToCurrent(systems, input);
  await retireNextTree(systems, input);
  const left = await looked();
  if (left.length > 0) {
    throw refuse('NOT_AS_BEFORE', { log: systems.log, differences: left });
  }
  return differences;
};

/** What is not as before, with what would put it right, in an order in which no two trees are ever ACTIVE. Nothing where a later attempt has the log, or it lives on the next tree. */
export const notAsBefore: Act<LookBackInput, readonly NotAsBefore[]> = async (systems, input) => {
  const { log, trillian, traffic, installation, bounds } = systems;
  const { identity, release } = input;
  return await ifOurs<readonly NotAsBefore[]>(systems, identity, [], async () => {
    if (release.supersedes || (await livesOnNext(systems, input))) {
      return [];
    }
    const trees = await trillian.listTrees(bounds);
    const current = trees.find(({ treeId }) => treeId === release.currentTreeId);
    const different: NotAsBefore[] = [];
    for (const { treeId, state, identity: by } of markedTrees(trees, log)) {
      if (by.rotationId === identity.rotationId && state !== 'FROZEN' && treeId !== release.currentTreeId) {
        const found = `tree ${treeId} is ${state}, not FROZEN`;
        different.push({ found, wanted: { treeId, state: 'FROZEN' } });
      }
    }
    if (current?.state !== 'ACTIVE' && input.froze) {
      const { currentTreeId: treeId } = release;
      const found = `tree ${treeId} is ${current?.state ?? 'gone'}, not ACTIVE`;
      different.push({ found, wanted: { treeId, state: 'ACTIVE' } });
    }
    const { mode, instances } = await traffic.state(bounds.signal);
    const isSentTo = (to: Release): Promise<boolean> => installation.serves(to, instances, bounds.signal);
    if (mode !== 'pass') {
      different.push({ found: `writes do not pass (${mode})`, wanted: 'clients to current' });
    }
    if (!(await isSentTo(release.current)) || (await isSentTo(release.next))) {
      different.push({ found: `clients are sent to ${instances.join(', ')}`, wanted: 'clients to current' });
    }
    return different;
  });
};
