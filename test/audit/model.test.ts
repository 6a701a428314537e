import { disagreements } from '../../audit/model/agreement';
import { wholeRuns } from '../../audit/model/chosen-leaves';
import { EntryPlaces } from '../../audit/model/entry-places';
import { type AuditFinding, Findings } from '../../audit/model/finding';
import { handoverChain } from '../../audit/model/handovers';
import { unseen } from '../../audit/model/limits';
import { disorderOfTimes } from '../../audit/model/times';
import { firstContested, placedTrees, placeOf, type View } from '../../audit/model/view';

/** A process that serves `A10 B5 C3`: trees with the lengths that it has loaded; `A10/12` has 12 by now. */
function view(address: string, text: string): View {
  const trees = text.split(' ').map((tree) => {
    const [, treeId = '', loaded = '', live = loaded] = /^([A-Z])(\d+)(?:\/(\d+))?$/.exec(tree) ?? [];
    return { treeId, loaded: Number(loaded), live: Number(live), root: `${treeId}${live}` };
  });
  return { address, trees };
}

function found(...texts: readonly string[]): string[] {
  const views = texts.map((text, position) => view(`http://${position}`, text));
  return disagreements(views).map(({ code, address }) => `${code} ${address.slice(-1)}`);
}

describe('the places of indexes', () => {
  it('follow from the lengths, and the rest is of the active tree', () => {
    const one = view('http://0', 'A10 B0 C3');
    expect(placedTrees(one).map(({ firstIndex }) => firstIndex)).toEqual([0, 10, 10]);
    expect([0, 9, 10, 50].map((index) => placeOf(one, index))).toEqual([
      { treeId: 'A', leaf: 0 },
      { treeId: 'A', leaf: 9 },
      { treeId: 'C', leaf: 0 },
      { treeId: 'C', leaf: 40 },
    ]);
  });

  it.each([
    ['A10 B3', 'A10 B3', undefined],
    ['A10 B3', 'A12 B3', 10],
    ['A10', 'A10 B3', 10],
    ['A10', 'A10 B0', undefined],
    ['A10 B5 C3', 'B5 A10 C3', 0],
    ['A10 B5 C3', 'A10 C3', 10],
  ])('are first contested between %s and %s at %s', (one, other, index) => {
    expect(firstContested(view('http://0', one), view('http://1', other))).toBe(index);
    expect(firstContested(view('http://1', other), view('http://0', one))).toBe(index);
  });
});

describe('several processes', () => {
  it.each<[string, string[], string[]]>([
    ['agree, while the active tree grows', ['A10 B5 C3', 'A10 B5 C7'], []],
    ['agree, of one shard', ['A10'], []],
    ['lack a shard, whichever was asked first', ['A10 C3', 'A10 B5 C3'], ['SHARD_MISSING 0']],
    ['lack the first shard', ['A10 B5 C3', 'B5 C3'], ['SHARD_MISSING 1']],
    ['have another order', ['A10 B5 C3', 'B5 A10 C3'], ['SHARD_ORDER_DIFFERS 1']],
    ['have another active tree', ['A10 B5 C3', 'A10 C3 B5'], ['SHARD_ORDER_DIFFERS 1']],
    ['are from before a rotation', ['A10 B5 C3', 'A10 B5'], ['INSTANCE_STALE 1']],
    ['serve other trees', ['A10 B5 C3', 'A10 D5 C3'], ['SHARD_LIST_DIFFERS 1']],
    ['loaded a length too early', ['A10 B3', 'A8/10 B3'], ['LENGTH_STALE 1']],
    ['find different lengths', ['A10 B3', 'A12 B3'], ['LENGTHS_DIFFER 1']],
    ['name a tree twice', ['A10 A10 B3'], ['SHARD_TWICE 0']],
    ['name the active tree among the others', ['A10 B3 B3'], ['SHARD_TWICE 0']],
  ])('%s: %j', (_what, texts, codes) => {
    expect(found(...texts)).toEqual(codes);
  });

  it('say from which index on they mean different entries', () => {
    const [finding] = disagreements([view('http://0', 'A10 B5 C3'), view('http://1', 'A10 C3')]);
    expect(finding?.what).toContain('it does not serve tree B');
    expect(finding?.what).toContain('From index 10 on');
  });
});

describe('times at a boundary', () => {
  const shard = (treeId: string, firstTime: number, lastTime: number) => ({
    ...{ treeId, firstIndex: 7, firstTime, lastTime },
  });
  const judged = (difference: number, ...shards: ReturnType<typeof shard>[]) =>
    disorderOfTimes('http://0', shards, difference).map(({ code }) => code);

  it('may touch, and differ by as much as clocks may', () => {
    expect(judged(0, shard('A', 1, 5), shard('B', 5, 9))).toEqual([]);
    expect(judged(1000, shard('A', 1, 6), shard('B', 5, 9))).toEqual([]);
  });

  it('tell two writers at once from two shards in the wrong order (H40)', () => {
    expect(judged(0, shard('A', 1, 6), shard('B', 5, 9))).toEqual(['OVERLAP']);
    expect(judged(0, shard('B', 5, 9), shard('A', 1, 4))).toEqual(['SHARD_ORDER_WRONG']);
    expect(judged(0, shard('A', 1, 2), shard('C', 8, 9), shard('B', 4, 5))).toEqual(['SHARD_ORDER_WRONG']);
  });
});

describe('entries that were seen', () => {
  const entry = { index: 5, treeId: 'A', leaf: 5, uuid: 'aa', address: 'http://0' };

  it.each<[string, Partial<typeof entry>, string[]]>([
    ['the same again', { address: 'http://1' }, []],
    ['the same index for another leaf', { treeId: 'B', leaf: 0, uuid: 'bb' }, ['INDEX_TWICE']],
    ['the same index for another body', { uuid: 'bb' }, ['INDEX_TWICE']],
    ['the same leaf at another index', { index: 6 }, ['ENTRY_TWICE']],
    ['the same body at two leaves of a tree', { index: 6, leaf: 6 }, ['LEAF_TWICE']],
    ['the same body in two trees', { index: 9, treeId: 'B', leaf: 0 }, []],
  ])('contradict each other or not: %s', (_what, other, codes) => {
    const places = new EntryPlaces();
    expect(places.see(entry)).toEqual([]);
    expect(places.see({ ...entry, ...other }).map(({ code }) => code)).toEqual(codes);
    expect(places.sentAgain).toHaveLength(other.treeId === 'B' && other.uuid === undefined ? 1 : 0);
  });
});

describe('handovers', () => {
  const shard = (treeId: string, firstDigest: string | null) => ({
    treeId,
    endDigest: `end ${treeId}`,
    firstDigest,
  });
  const chain = (...shards: ReturnType<typeof shard>[]) => {
    const { handedOver, findings } = handoverChain('http://0', shards);
    return [handedOver, findings.map(({ where }) => where)];
  };

  it('are counted where a shard begins with the end of the one before it', () => {
    expect(chain(shard('A', 'x'), shard('B', 'end A'), shard('C', 'y'), shard('D', 'end C'))).toEqual([
      2,
      [],
    ]);
    expect(chain(shard('A', 'x'), shard('B', null))).toEqual([0, []]);
  });

  it('show a shard that stands in another place', () => {
    expect(chain(shard('B', 'end A'), shard('A', 'x'), shard('C', 'end B'))).toEqual([
      0,
      ['Shard B', 'Shard C'],
    ]);
  });
});

describe('findings', () => {
  const finding = (index: number): AuditFinding => ({
    ...{ code: 'ENTRY_MISSING', address: 'http://0', where: `Index ${index}`, what: 'nothing' },
  });

  it('are all counted, each once, and a few of a kind are kept', () => {
    const findings = new Findings();
    findings.add(finding(0), finding(0));
    expect([findings.count('ENTRY_MISSING'), findings.faults]).toEqual([1, 1]);
    for (let index = 1; index < 1000; index += 1) findings.add(finding(index));
    expect(findings.count('ENTRY_MISSING')).toBe(1000);
    expect(findings.kept).toHaveLength(20);
  });

  it('have nothing in them that a terminal acts upon, and are not long', () => {
    const findings = new Findings();
    findings.add({ ...finding(0), what: `\u001b[2J${'x'.repeat(5000)}` });
    expect(findings.kept[0]?.what).toMatch(/^\\u001b\[2Jx{300,400}…$/);
  });

  it('may be no fault', () => {
    const findings = new Findings();
    findings.add({ ...finding(0), code: 'KEY_CHANGES' });
    expect(findings.faults).toBe(0);
  });
});

it('reads the last entries over a boundary, or all of them', () => {
  const trees = placedTrees(view('http://0', 'A10 B0 C3'));
  const runs = (reading: Parameters<typeof wholeRuns>[1]) =>
    wholeRuns(trees, reading).map(({ tree, from, end }) => [tree.treeId, from, end]);
  expect(runs({ kind: 'sample' })).toEqual([]);
  expect(runs({ kind: 'last', entries: 2 })).toEqual([['C', 1, 3]]);
  expect(runs({ kind: 'last', entries: 5 })).toEqual([
    ['A', 8, 10],
    ['C', 0, 3],
  ]);
  expect(runs({ kind: 'last', entries: 500 })).toEqual(runs({ kind: 'all' }));
});

it('says what it cannot see, and nothing that it has seen', () => {
  const little = unseen({
    reading: { kind: 'sample' },
    hasCheckpoints: false,
    hasKeys: false,
    hasSearch: false,
    hasUnseenLengths: true,
    rotatedMeanwhile: true,
  });
  const much = unseen({
    ...{ reading: { kind: 'all' }, hasCheckpoints: true, hasKeys: true, hasSearch: true },
    hasUnseenLengths: false,
    rotatedMeanwhile: false,
  });
  for (const word of ['ask again', 'an old Rekor']) {
    expect(little.join(' ')).toContain(word);
    expect(much.join(' ')).not.toContain(word);
  }
  for (const option of ['--all', '--key', '--since-checkpoint']) {
    expect(little.join(' ')).toContain(option);
    expect(much.join(' ')).not.toContain(option);
  }
  expect(much.join(' ')).toContain('started again since');
});
