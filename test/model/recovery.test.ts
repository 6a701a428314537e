import { planRecovery, type FoundLeftovers } from '../../workflows/model/recovery';
import type { MarkedTree } from '../../workflows/model/mark';
import { fenceAbove } from '../../workflows/model/fencing';
import { exposed, nextTree, nothingLeft, notExposed } from './left-over';
import { slotBlue, slotGreen } from './two-slots';

const nowhere = { current: null, next: null };
const closed = { treeId: '200', state: 'FROZEN' } as const;

/** The gate as a rotation before this one left it, and as this one does when it takes itself back. */
const before = { mode: 'pass', number: 6, attemptId: 'earlier/1' } as const;
const sentBack = { mode: 'pass', number: 8, attemptId: 'r/1' } as const;

function planned(found: FoundLeftovers) {
  const plan = planRecovery('production', found);
  if (!plan || 'refusals' in plan) {
    throw new Error(`nothing is planned: ${JSON.stringify(plan)}`);
  }
  return plan;
}

/** Of every attempt here. */
const release = {
  attemptId: 'r/1',
  current: slotBlue,
  next: slotGreen,
  currentTreeId: '200',
  nextTreeId: '300',
  inactive: [{ treeId: '100', length: 10 }],
};

describe('the recovery of an interrupted rotation', () => {
  it('is nothing where nothing is left over', () => {
    expect(planRecovery('production', nothingLeft)).toBeNull();
  });

  it.each<[string, FoundLeftovers]>([
    ['before its hold', notExposed],
    [
      'in its critical section',
      { ...notExposed, current: closed, traffic: { mode: 'hold', number: 7, attemptId: 'r/1' } },
    ],
    ['after its opening', { ...notExposed, current: closed, marked: [{ ...nextTree, state: 'ACTIVE' }] }],
    [
      'with entries in the next tree, whose release is staged',
      { ...notExposed, current: closed, withEntries: ['300'] },
    ],
  ])('takes it back, or forward if its next tree says so, when it ended %s', (_when, found) => {
    const { kind, input } = planned(found);
    expect(kind).toBe('takeBack');
    expect(input.release).toMatchObject(release);
  });

  it('opens no tree that someone closed before its hold, which the gate never heard of', () => {
    const found: FoundLeftovers = { ...notExposed, current: closed, traffic: before };
    expect(planRecovery('production', found)).toMatchObject({ refusals: [{ code: 'LEFT_BY_SOMEONE' }] });
  });

  it('opens no tree that someone closed after it was taken back', () => {
    const found: FoundLeftovers = { ...notExposed, current: closed, traffic: sentBack };
    expect(planRecovery('production', found)).toMatchObject({ refusals: [{ code: 'LEFT_BY_SOMEONE' }] });
  });

  it.each<[string, FoundLeftovers, boolean]>([
    ['did not hold, as the gate never saw its number', { ...notExposed, traffic: before }, false],
    [
      'may have held, as the gate saw its number',
      { ...notExposed, traffic: { mode: 'hold', number: 7, attemptId: 'r/1' } },
      true,
    ],
    ['was taken back, as the gate passes by an order of it', { ...notExposed, traffic: sentBack }, false],
    [
      'may have held, as the gate passes by an order of somebody else',
      { ...notExposed, traffic: { ...sentBack, attemptId: 'someone/1' } },
      true,
    ],
    [
      'may have held, as the gate passes by an order of a later attempt, which may have been to supersede it',
      { ...notExposed, traffic: { ...sentBack, attemptId: 'r/2' } },
      true,
    ],
    [
      'may have held, as its next tree holds an entry of a client',
      { ...notExposed, traffic: sentBack, withEntries: ['300'] },
      true,
    ],
    [
      'did not hold, of which nothing is recorded',
      {
        ...notExposed,
        installation: { ...notExposed.installation, unfinishedOn: nowhere },
        traffic: { ...before, number: 0 },
      },
      false,
    ],
  ])('knows of one that it %s', (_what, found, held) => {
    expect(planned(found)).toMatchObject({ kind: 'takeBack', held });
  });

  it('carries a number above every one that the attempt may have used, so that it comes after all of them (H8)', () => {
    const later = { ...nextTree, treeId: '301', identity: { ...nextTree.identity, attempt: 2, number: 9 } };
    const found: FoundLeftovers = {
      ...notExposed,
      marked: [...notExposed.marked, later],
      traffic: { mode: 'hold', number: 12, attemptId: 'r/2' },
    };
    const fence = fenceAbove([12], 2);
    expect(planned(found).input.identity).toEqual({ ...nextTree.identity, fence });
    const { identity } = planned({ ...found, traffic: { ...before, number: 2 } }).input;
    expect(identity.fence).toEqual(fenceAbove([9], 2));
  });

  it('finishes one whose next tree serves clients already', () => {
    const { kind, input } = planned(exposed);
    expect(kind).toBe('finish');
    expect(input.release).toMatchObject(release);
  });

  it.each([
    ['never served', nowhere.next, { trees: ['300'], unnamed: 1 }],
    ['was exposed on the release that it replaced', 'r/1', { trees: ['300'], unnamed: 0 }],
  ])('finishes a third tree as one, after a next tree that %s (H12)', (_when, recorded, supersedes) => {
    const third: MarkedTree = {
      ...nextTree,
      treeId: '400',
      identity: { ...nextTree.identity, attempt: 3, number: 11 },
    };
    const { kind, input } = planned({
      ...exposed,
      installation: {
        ...exposed.installation,
        activeTreeId: '400',
        inactiveTreeIds: ['100', '200', '300'],
        unfinishedOn: { current: 'r/3', next: recorded },
      },
      current: { treeId: '400', state: 'ACTIVE' },
      marked: [nextTree, { ...third, state: 'ACTIVE' }],
      inactive: [...exposed.inactive, { treeId: '300', length: 2 }],
    });
    expect(kind).toBe('finish');
    expect(input.release).toMatchObject({
      ...{ attemptId: 'r/3', currentTreeId: '300', nextTreeId: '400', supersedes },
      inactive: exposed.inactive,
    });
  });

  it('finishes one that followed another rotation as one that supersedes nothing', () => {
    const earlier: MarkedTree = {
      ...nextTree,
      treeId: '200',
      identity: { ...nextTree.identity, rotationId: 'q', number: 3 },
    };
    const { input } = planned({ ...exposed, marked: [earlier, ...exposed.marked] });
    expect(input.release.supersedes).toBeUndefined();
  });

  it('retires trees of attempts that nothing names, beside what it finishes', () => {
    const late = {
      ...nextTree,
      treeId: '301',
      state: 'ACTIVE' as const,
      identity: { ...nextTree.identity, attempt: 2 },
    };
    expect(planned({ ...exposed, marked: [...exposed.marked, late] })).toMatchObject({
      kind: 'finish',
      retire: [{ treeId: late.treeId, identity: late.identity }],
    });
  });

  it('takes back what a later rotation began, and does not report the one before it as its own', () => {
    const began = {
      treeId: '400',
      state: 'DRAINING' as const,
      identity: { ...nextTree.identity, rotationId: 'later', number: 40 },
    };
    const found: FoundLeftovers = {
      ...exposed,
      installation: { ...exposed.installation, unfinishedOn: nowhere },
      marked: [...exposed.marked, began],
    };
    const { kind, input, retire } = planned(found);
    expect([kind, input.identity.rotationId, input.release.attemptId]).toEqual([
      'takeBack',
      'later',
      'later/1',
    ]);
    expect(input.release).toMatchObject({ currentTreeId: '300', nextTreeId: '400' });
    expect(retire).toEqual([{ treeId: began.treeId, identity: began.identity }]);
  });

  it('takes back a third tree that was staged and never held for: the one before it was closed by us (H12)', () => {
    const third = {
      treeId: '400',
      state: 'DRAINING' as const,
      identity: { ...nextTree.identity, attempt: 2, number: 9 },
    };
    const found: FoundLeftovers = {
      ...exposed,
      installation: { ...exposed.installation, unfinishedOn: { current: 'r/1', next: 'r/2' } },
      current: { treeId: '300', state: 'FROZEN' },
      traffic: { mode: 'pass', number: 7, attemptId: 'r/1' },
      marked: [{ ...nextTree, state: 'FROZEN' }, third],
    };
    const { kind, input, held } = planned(found);
    expect([kind, input.release.attemptId, held]).toEqual(['takeBack', 'r/2', true]);
    expect(input.release).toMatchObject({ currentTreeId: '300', nextTreeId: '400', current: slotGreen });

    const afterwards = {
      ...found,
      installation: { ...found.installation, unfinishedOn: { current: 'r/1', next: null } },
      marked: [nextTree],
    };
    expect(planned({ ...afterwards, current: { treeId: '300', state: 'ACTIVE' } }).kind).toBe('finish');
  });

  it('supersedes a tree with entries of clients that no release is staged for any more (H12)', () => {
    const found: FoundLeftovers = {
      ...notExposed,
      installation: { ...notExposed.installation, unfinishedOn: nowhere },
      current: closed,
      withEntries: ['300'],
    };
    expect(planned(found)).toMatchObject({ kind: 'supersede', input: { release: { nextTreeId: '300' } } });
  });

  it.each<[string, FoundLeftovers]>([
    [
      'a closed current tree without a record of an attempt: nothing of ours closed it',
      { ...notExposed, installation: { ...notExposed.installation, unfinishedOn: nowhere }, current: closed },
    ],
    [
      'a hold of nobody',
      { ...nothingLeft, marked: [], traffic: { mode: 'hold', number: 3, attemptId: 'someone/1' } },
    ],
  ])('leaves to a person %s', (_what, found) => {
    expect(planRecovery('production', found)).toMatchObject({ refusals: [{ code: 'LEFT_BY_SOMEONE' }] });
  });

  it('comes to the same answer when it is asked again (H6)', () => {
    for (const found of [notExposed, exposed]) {
      expect(planRecovery('production', found)).toEqual(planRecovery('production', found));
    }
  });
});
