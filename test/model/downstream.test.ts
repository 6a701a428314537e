import { patience, slotBlue, slotGreen } from './two-slots';
import type { Replacement } from '../../workflows/model/installation';
import type { Shard } from '../../workflows/model/log';
import {
  completed,
  superseded,
  type Evidence,
  type Rotated,
  type RotationResult,
} from '../../workflows/model/result';
import { aPlan } from '../cli/results';

interface Shape {
  readonly what: string;
  /** The shards before the tree that was current when the rotation began. */
  readonly before: readonly Shard[];
  /** The trees that have ended in it. */
  readonly ended: readonly Shard[];
  readonly planned: boolean;
}

const next = '8441245678901234567';
const root = 'd'.repeat(64);

const shapes: readonly Shape[] = [
  { what: 'the first rotation of a log', before: [], ended: [{ treeId: '200', length: 79 }], planned: true },
  {
    what: 'a later one, with an empty shard among the earlier',
    before: [
      { treeId: '90', length: 0 },
      { treeId: '100', length: 79 },
    ],
    ended: [{ treeId: '200', length: 360 }],
    planned: true,
  },
  {
    what: 'a log in which nothing was ever written',
    before: [],
    ended: [{ treeId: '200', length: 0 }],
    planned: true,
  },
  {
    what: 'a next tree that could not serve',
    before: [{ treeId: '100', length: 10 }],
    ended: [
      { treeId: '200', length: 25 },
      { treeId: '300', length: 3 },
    ],
    planned: true,
  },
  {
    what: 'two next trees that could not serve',
    before: [{ treeId: '100', length: 10 }],
    ended: [
      { treeId: '200', length: 25 },
      { treeId: '300', length: 3 },
      { treeId: '301', length: 2 },
    ],
    planned: true,
  },
  {
    what: 'a recovery, which has no plan, of a next tree that could not serve',
    before: [{ treeId: '100', length: 10 }],
    ended: [
      { treeId: '200', length: 25 },
      { treeId: '300', length: 3 },
    ],
    planned: false,
  },
];

/** What is told downstream after a rotation of this shape. */
function told(shape: Shape, handover = true): readonly string[] {
  return resultOf(shape, handover).tellDownstream;
}

/** With which key each tree is signed, where that is known. */
function resultOf(
  { before, ended, planned }: Shape,
  handover = true,
  keys?: Replacement['keys'],
): RotationResult {
  const last = ended.at(-1) ?? { treeId: '', length: 0 };
  const rotated: Rotated = {
    kind: 'rotation',
    ...{ log: 'production', rotationId: 'r', attempts: 1, steps: [], interventions: [] },
    ...(planned && { plan: { ...aPlan(), currentTree: { treeId: '200', size: 1, rootHash: '' } } }),
  };
  const superseding = ended.slice(1).map(({ treeId }) => treeId);
  const order = {
    identity: { log: 'production', rotationId: 'r', attempt: 1, number: 1 },
    release: {
      ...{ attemptId: 'r/1', current: slotBlue, next: slotGreen },
      ...{ currentTreeId: last.treeId, nextTreeId: next, inactive: [...before, ...ended.slice(0, -1)] },
      patience,
      ...(superseding.length > 0 && { supersedes: { trees: superseding, unnamed: 0 } }),
      ...(keys && { keys }),
    },
  };
  const evidence: Evidence = {
    frozen: { treeId: last.treeId, size: last.length, rootHash: root, proof: [] },
    handover: handover ? { text: '', leafHash: '', integratedInMs: 1 } : null,
  };
  return ended.length > 1 ? superseded(rotated, order, evidence) : completed(rotated, order, evidence);
}

function sum(shards: readonly Shard[]): number {
  return shards.reduce((total, { length }) => total + length, 0);
}

/** The `startIndex` that a monitor is told, whose last checkpoint of that tree has this size. */
function startIndexTold(lines: readonly string[], treeId: string, size: number): number {
  const [line = '', ...others] = lines.filter((each) =>
    each.includes(`with a checkpoint of tree ${treeId}:`),
  );
  expect(others).toEqual([]);
  const [, less = '', plus = ''] = /size in its last checkpoint, less (\d+), plus (\d+)\.$/.exec(line) ?? [];
  return size - Number(less) + Number(plus);
}

describe.each(shapes)('what is told downstream after $what', (shape) => {
  const { before, ended } = shape;
  const first = sum(before) + sum(ended);

  it('starts no monitor behind an entry that it has not searched, nor before one that it has', () => {
    for (const [position, { treeId, length }] of ended.entries()) {
      const firstOfTree = sum(before) + sum(ended.slice(0, position));
      for (const size of [1, length - 3, length].filter((each) => each > 0 && each <= length)) {
        // It searches what comes after startIndex: entries of the tree from leaf `size` on.
        expect(startIndexTold(told(shape), treeId, size) + 1).toBe(firstOfTree + size);
      }
      // Of an empty tree there is no checkpoint to go on from.
      expect(told(shape).some((line) => line.includes(`a checkpoint of tree ${treeId}`))).toBe(length > 0);
    }
  });

  it('says of each tree that ended how long it is, where it stands, and how to check its end', () => {
    const text = told(shape).join('\n');
    for (const [position, { treeId, length }] of ended.entries()) {
      const firstOfTree = sum(before) + sum(ended.slice(0, position));
      expect(text).toContain(`Tree ${treeId} has ended with ${length} entries`);
      expect(text.includes(`indexes ${firstOfTree} to ${firstOfTree + length - 1}.`)).toBe(length > 0);
      expect(text.includes(`write {"${treeId}": "CHECKPOINT"} to .rekor/state.json`)).toBe(length > 0);
    }
    // Where it finds no checkpoint, rekor-cli checks nothing and exits with 0 all the same.
    const checks = told(shape).filter((line) => line.includes('run rekor-cli loginfo'));
    expect(checks).toHaveLength(ended.filter(({ length }) => length > 0).length);
    for (const line of checks) {
      expect(line).toMatch(/must say "No previous log state stored" once for each other tree: once more,/);
    }
    expect(text).toContain(`entries and the root ${root} (hex)`);
  });

  it('says from which index on an entry can be there twice, and indexes differ from those in proofs', () => {
    const text = told(shape).join('\n');
    expect(text).toContain(`an entry from before index ${first} again`);
    // The last 64 digits are the leaf's hash, which both entries have.
    expect(text).toContain('verify by the UUID of 80 digits');
    expect(text).toContain(`from index ${first} on an entry's logIndex is ${first} more`);
    expect(text).toContain(`tree ${next} answers from now on`);
    expect(text).toContain(`Index ${first} is the handover`);
    expect(told(shape, false).join('\n')).not.toContain('handover');
  });
});

it('never names the index of the next tree as where a monitor starts: that skips what it had not searched', () => {
  const lines = told(shapes[0] as Shape);
  expect(startIndexTold(lines, '200', 76)).toBe(75);
  expect(lines.join('\n')).not.toMatch(/start again from tree/);
});

describe.each(shapes)('of a new key, after $what', (shape) => {
  const { before, ended } = shape;
  const [first, ...more] = ended.map(({ treeId }) => treeId);
  const [former, key] = ['a'.repeat(64), 'b'.repeat(64)];
  const former0 = { logId: former, trees: [...before.map(({ treeId }) => treeId), first ?? ''] };

  it('clients are told from which index on it signs, and that both must be trusted', () => {
    const keys = [former0, { logId: key, trees: [...more, next] }];
    const fromIndex = sum(before) + (ended[0]?.length ?? 0);
    const { keyChange, tellDownstream } = resultOf(shape, true, keys);
    expect(keyChange).toEqual({ former, next: key, fromIndex });
    const text = tellDownstream.join('\n');
    expect(text).toContain(`from index ${fromIndex} on entries are signed with the key ${key}`);
    expect(text).toContain(`Earlier ones keep the key ${former}`);
    expect(text).toContain('The trusted root must have both keys');
    expect(text).toContain(`its key is ${key}`);
    expect(text).toContain('rekor-monitor picks the key of the log when it starts');
    expect(text).not.toContain('the key is the same');
  });

  it('nothing is said where the key is the same, or not known', () => {
    const same = [{ ...former0, trees: [...former0.trees, ...more, next] }];
    for (const keys of [same, [former0], undefined]) {
      const { keyChange, tellDownstream } = resultOf(shape, true, keys);
      expect(keyChange).toBeUndefined();
      expect(tellDownstream.join('\n')).toContain('nothing changes; the key is the same');
    }
  });
});
