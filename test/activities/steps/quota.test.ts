import type { BoundSystems } from '../../../activities/systems';
import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { driftOf } from '../../../activities/steps/drift';
import { leftovers, seeLeftovers } from '../../../activities/steps/leftovers';
import { createNextTree, retireNextTree } from '../../../activities/steps/next-tree';
import { closeNextTree } from '../../../activities/steps/next-tree-closing';
import { verifyAndOpen } from '../../../activities/steps/next-tree-opening';
import { deleteRetiredTree, retiredTrees } from '../../../activities/steps/retired';
import { lookBack } from '../../../activities/steps/rolled-back';
import { FakeLog, identity, order } from '../fake-log';
import { refused } from '../refused';

const { log } = identity;

/** An attempt that was broken off with its next tree open, beside a retired tree of an earlier one that never got a root. */
function brokenOff(): FakeLog {
  const fake = new FakeLog();
  fake.quotaExhausted = true;
  fake.trees['200'] = { state: 'FROZEN', size: 20 };
  fake.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity };
  fake.handsOver('200', '300');
  const mark = { ...identity, rotationId: 'before', number: 3 };
  fake.trees['290'] = { state: 'FROZEN', size: 0, mark, uninitialised: true };
  return fake;
}

const closed = (fake: FakeLog): FakeLog => {
  Object.assign(fake.trees['300'] ?? {}, { state: 'FROZEN' });
  return fake;
};

describe('while the quota of Trillian is used up', () => {
  const acts: readonly (readonly [string, (systems: BoundSystems) => Promise<unknown>])[] = [
    ['undo verify', (systems) => closeNextTree(systems, order)],
    ['undo createTree', (systems) => retireNextTree(systems, { identity: { ...identity, attempt: 2 } })],
    ['the last look', (systems) => lookBack(systems, { ...order, froze: true })],
    ['a recovery', (systems) => leftovers(systems, { log })],
    ['the guardian', async (systems) => driftOf(systems, await seeLeftovers(systems))],
    ['the list of retired trees', (systems) => retiredTrees(systems, { log })],
    ['prune', (systems) => deleteRetiredTree(systems, { log, treeId: '290' })],
  ];

  it.each(acts)('%s goes on: nothing that takes back or looks is charged', async (_, act) => {
    await act(brokenOff().systems());
  });

  it('the current tree takes writes again, though its quota refuses them', async () => {
    const fake = closed(brokenOff());
    await allowWritesToCurrent(fake.systems(), order);
    expect(fake.done).toEqual(['hold 8', '200 ACTIVE']);
  });

  it('the next tree is neither made nor opened, and that says why', async () => {
    const fresh = new FakeLog();
    fresh.quotaExhausted = true;
    delete fresh.trees['300'];
    const message = await refused('TRILLIAN_QUOTA', createNextTree(fresh.systems(), { identity }));
    expect(message).toContain('refuses InitLog: quota exhausted');

    const drained = new FakeLog();
    drained.quotaExhausted = true;
    drained.trees['200'] = { state: 'FROZEN', size: 20 };
    drained.running.add('green');
    const frozen = { ...drained.end('200'), proof: [] };
    await refused(
      'TRILLIAN_QUOTA',
      verifyAndOpen(drained.systems(), { ...order, frozen, of: order.release.next }),
    );
  });
});

describe('a tree whose createTree was broken off before it had a root', () => {
  it.each(['queue', 'signer'])('holds nothing, as its drain by the %s proves', async (evidence) => {
    const fake = new FakeLog();
    fake.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity, uninitialised: true };
    const { queue, ...bySigner } = fake.systems();
    const systems = evidence === 'queue' ? { ...bySigner, ...(queue && { queue }) } : bySigner;
    await expect(closeNextTree(systems, order)).resolves.toMatchObject({
      content: 'nothing',
      currentGrew: false,
      // The root of a tree without leaves, RFC 6962.
      end: { size: 0, rootHash: expect.stringMatching(/^e3b0c44298fc1c14/) as string },
    });
    expect(fake.done).toEqual(['300 DRAINING', '300 FROZEN']);
  });
});
