import { freezeTree } from '../../activities/drain';
import type { SignerPasses } from '../../activities/signer';
import type { TrillianClient } from '../../activities/trillian';
import { CallTooLate } from '../../activities/trillian';
import type { Tree, TreeState } from '../../workflows/model/log';
import { refused } from './refused';

/** Only for what the real systems cannot be made to do at will; the rest is in test/stack/systems.test.ts. */
const TREE = '6826284441047790130';
const timing = { signerIntervalMs: 1, guardWindowMs: 0, clockDifferenceMs: 0 };
const call = { signal: AbortSignal.timeout(5000) };

let journal: string[];
let state: TreeState;
let sizes: number[];

const next = (numbers: number[]): number => (numbers.length > 1 ? numbers.shift() : numbers[0]) ?? 0;

function trillian(): TrillianClient {
  const tree = (): Tree => ({
    treeId: TREE,
    state,
    type: 'LOG',
    displayName: '',
    description: '',
    deleted: false,
  });
  const unexpected = (): never => {
    throw new Error('not a call of a drain');
  };
  return {
    getTree: () => Promise.resolve(tree()),
    setState: (_, wanted, call) => {
      if (call.notAfter !== undefined && Date.now() >= call.notAfter)
        return Promise.reject(new CallTooLate('UpdateTree'));
      journal.push(wanted);
      state = wanted;
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

function systems(inFlight: number[], options: { rows?: number[]; passes?: SignerPasses[] }) {
  const { rows, passes = [] } = options;
  return {
    log: 'production',
    trillian: trillian(),
    metrics: {
      queueLeafInFlight: () => {
        journal.push('in flight');
        return Promise.resolve(next(inFlight));
      },
      signer: () => {
        const [now = { runs: 0, failedRuns: 0, added: 0, signers: 1 }] =
          passes.length > 1 ? passes.splice(0, 1) : passes;
        journal.push(`passes ${now.runs}`);
        return Promise.resolve(now);
      },
    },
    ...(rows && {
      queue: {
        queued: () => {
          journal.push('rows');
          return Promise.resolve(next(rows));
        },
        close: () => Promise.resolve(),
      },
    }),
  };
}

beforeEach(() => {
  journal = [];
  state = 'ACTIVE';
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
