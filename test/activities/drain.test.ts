import { freezeTree } from '../../activities/drain';
import type { TreeRow } from '../../activities/tree-queue/tree-queue';
import type { SignerPasses } from '../../activities/clients/metrics';
import { type CallBounds, CallTooLate } from '../../activities/clients/call-bounds';
import type { TrillianClient } from '../../activities/clients/trillian';
import type { Tree, TreeState } from '../../workflows/model/log';
import { refused } from './refused';

/** Only for what the real systems cannot be made to do at will; the rest is in test/stack/systems-on.ts. */
const TREE = '6826284441047790130';
const timing = { signerIntervalMs: 1, guardWindowMs: 0, clockDifferenceMs: 0 };
const call = { signal: new AbortController().signal };

let journal: string[];
let state: TreeState;
/** Trillian's clock: each update is a millisecond later. */
let updatedAtMs: number;
let sizes: number[];

const next = (numbers: number[]): number => (numbers.length > 1 ? numbers.shift() : numbers[0]) ?? 0;

const tree = (): Tree => ({
  treeId: TREE,
  state,
  type: 'LOG',
  displayName: '',
  description: '',
  updatedAtMs,
  maxRootDurationMs: 0,
  deleted: false,
});

function trillian(): TrillianClient {
  const unexpected = (): never => {
    throw new Error('not a call of a drain');
  };
  return {
    getTree: () => Promise.resolve(tree()),
    setState: (_, wanted, bounds) => {
      if (bounds.notAfter !== undefined && Date.now() >= bounds.notAfter)
        return Promise.reject(new CallTooLate('UpdateTree'));
      journal.push(wanted);
      state = wanted;
      updatedAtMs += 1;
      return Promise.resolve(tree());
    },
    treeHead: () => {
      journal.push('head');
      return Promise.resolve({ size: next(sizes), rootHash: 'ab' });
    },
    listTrees: unexpected,
    createTree: unexpected,
    initLog: unexpected,
    queueLeaf: unexpected,
    leavesByRange: unexpected,
    deleteTree: unexpected,
    close: unexpected,
  };
}

interface Options {
  readonly rows?: number[];
  /** What the database shows of the tree, where that is not what Trillian has. */
  readonly shown?: (row: TreeRow) => TreeRow | null;
  readonly passes?: SignerPasses[];
}

function systems(inFlight: number[], options: Options) {
  const { rows, shown = (row: TreeRow) => row, passes = [] } = options;
  return {
    log: 'production',
    trillian: trillian(),
    metrics: {
      queueLeafInFlight: () => {
        journal.push('in flight');
        return Promise.resolve(next(inFlight));
      },
      getTreeCalls: () => Promise.reject(new Error('not a question of a drain')),
      signersBehind: () => Promise.reject(new Error('not a question of a drain')),
      signer: () => {
        const [now = { runs: 0, failedRuns: 0, added: 0, signers: 1, unknownTo: [], pageBytes: 0 }] =
          passes.length > 1 ? passes.splice(0, 1) : passes;
        journal.push(`passes ${now.runs}`);
        return Promise.resolve(now);
      },
    },
    ...(rows && {
      queue: {
        read: () => {
          journal.push('rows');
          return Promise.resolve(shown({ state, updatedAtMs, queued: next(rows) }));
        },
        queuedLeaves: () => Promise.reject(new Error('not a question of a drain')),
        databaseBytes: () => Promise.reject(new Error('not a question of a drain')),
        close: () => Promise.resolve(),
      },
    }),
  };
}

/** A call that is given up when the database has been asked so often in vain. */
function givenUpAfter(
  times: number,
  shown: () => TreeRow | null,
): { shown: () => TreeRow | null; call: CallBounds } {
  const stop = new AbortController();
  let asked = 0;
  const counted = (): TreeRow | null => {
    asked += 1;
    if (asked === times) stop.abort(new Error('given up'));
    return shown();
  };
  return { shown: counted, call: { signal: stop.signal } };
}

beforeEach(() => {
  journal = [];
  state = 'ACTIVE';
  updatedAtMs = 1_769_828_400_000;
  sizes = [3];
});

describe('a drain with the queue in sight', () => {
  it('reads in the order in which each reading is worth something (H1, H2)', async () => {
    const frozen = await freezeTree(systems([2, 0], { rows: [1, 0] }), timing, TREE, call);
    expect(journal).toEqual(['DRAINING', 'in flight', 'in flight', 'rows', 'rows', 'FROZEN', 'rows', 'head']);
    expect(frozen).toMatchObject({ treeId: TREE, size: 3, rootHash: 'ab' });
  });

  it('opens the tree for its queue again when a row appears after FROZEN (H2)', async () => {
    const frozen = await freezeTree(systems([0], { rows: [0, 1, 0] }), timing, TREE, call);
    const round = ['DRAINING', 'in flight', 'rows', 'FROZEN', 'rows'];
    expect(journal).toEqual([...round, ...round, 'head']);
    expect(frozen.proof.filter((step) => step.startsWith('FROZEN'))).toHaveLength(1);
  });

  it('proves a tree that was found FROZEN by a row that is newer than any copy', async () => {
    state = 'FROZEN';
    const copied = updatedAtMs;
    const copy = givenUpAfter(3, () => ({ state: 'FROZEN', updatedAtMs: copied, queued: 0 }));
    await refused(
      'NOT_DRAINED',
      freezeTree(systems([0], { rows: [0], shown: copy.shown }), timing, TREE, copy.call),
    );
    journal = [];
    await freezeTree(systems([1, 0], { rows: [0] }), timing, TREE, call);
    expect(journal).toEqual(['FROZEN', 'in flight', 'in flight', 'rows', 'head']);
  });

  it('waits for a replica that lags, and believes no count of it before (H2)', async () => {
    let lag = 3;
    const lagging = (row: TreeRow): TreeRow =>
      lag-- > 0 ? { state: 'ACTIVE', updatedAtMs: 1_769_828_400_000, queued: 0 } : row;
    await freezeTree(systems([0], { rows: [0], shown: lagging }), timing, TREE, call);
    const beforeFrozen = journal.slice(0, journal.indexOf('FROZEN'));
    expect(beforeFrozen).toEqual(['DRAINING', 'in flight', 'rows', 'rows', 'rows', 'rows']);
  });

  it.each([
    ['an empty one', () => null, 'not at all'],
    [
      'a copy from before',
      () => ({ state: 'ACTIVE', updatedAtMs: 1_769_828_400_000, queued: 0 }),
      'ACTIVE since 2026-01-31T03:00:00.000Z',
    ],
    [
      'a copy that is in the same state since another time',
      () => ({ state: 'DRAINING', updatedAtMs: 1_769_828_400_000, queued: 0 }),
      'DRAINING since 2026-01-31T03:00:00.000Z',
    ],
  ])('takes no empty queue of another database for a proof: %s (H2)', async (_what, shown, words) => {
    const another = givenUpAfter(3, shown);
    const message = await refused(
      'NOT_DRAINED',
      freezeTree(systems([0], { rows: [0], shown: another.shown }), timing, TREE, another.call),
    );
    expect(message).toContain(`its database shows it ${words}, and not DRAINING since`);
    expect(journal).not.toContain('FROZEN');
  });

  it('begins again when somebody else updated the tree meanwhile (H8)', async () => {
    let updates = 1;
    const updated = (row: TreeRow): TreeRow => {
      if (updates-- <= 0) return row;
      updatedAtMs += 1;
      return { ...row, updatedAtMs };
    };
    await freezeTree(systems([0], { rows: [0], shown: updated }), timing, TREE, call);
    const round = ['DRAINING', 'in flight', 'rows'];
    expect(journal).toEqual([...round, ...round, 'FROZEN', 'rows', 'head']);
  });

  it('changes nothing after its time, and says what was left (H8)', async () => {
    const over = Date.now() - 1;
    const message = await refused(
      'NOT_DRAINED',
      freezeTree(systems([0], { rows: [0] }), timing, TREE, { ...call, notAfter: over }),
    );
    expect(message).toContain(TREE);
    expect(journal).toEqual([]);
  });
});

describe('a drain proven by the signer alone', () => {
  const pass = (runs: number, more: Partial<SignerPasses> = {}): SignerPasses => ({
    runs,
    failedRuns: 0,
    added: 9,
    signers: 1,
    unknownTo: [],
    pageBytes: 0,
    ...more,
  });

  it('counts again from a pass that added something or failed (H1)', async () => {
    const passes = [pass(10), pass(11, { added: 10 }), pass(12, { added: 10, failedRuns: 1 })];
    const empty = [13, 14].map((runs) => pass(runs, { added: 10, failedRuns: 1 }));
    await freezeTree(systems([0], { passes: [...passes, ...empty] }), timing, TREE, call);
    const counted = journal.filter((line) => line.startsWith('passes'));
    expect(counted).toEqual(['passes 10', 'passes 11', 'passes 12', 'passes 13', 'passes 14']);
    expect(journal.indexOf('FROZEN')).toBeGreaterThan(journal.indexOf('passes 14'));
  });

  it('wants one pass more than there are signers: each may have one under way that began too early (H1)', async () => {
    const passes = [20, 22, 23].map((runs) => pass(runs, { signers: 2 }));
    await freezeTree(systems([0], { passes }), timing, TREE, call);
    expect(journal.indexOf('FROZEN')).toBeGreaterThan(journal.indexOf('passes 23'));
  });

  it('begins again when the tree grows after FROZEN (H1)', async () => {
    // Twice before FROZEN and once after it size 3, then a late pass commits.
    sizes = [3, 3, 3, 4];
    const passes = [pass(1), pass(3), pass(4), pass(6)];
    const frozen = await freezeTree(systems([0], { passes }), timing, TREE, call);
    expect(frozen.size).toBe(4);
    expect(journal.filter((line) => line === 'DRAINING')).toHaveLength(2);
  });
});
