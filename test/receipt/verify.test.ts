import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { readTrustedKeys } from '../../audit/trusted-keys';
import { failureMeanings, type FailureCode } from '../../receipt/failures';
import type { Receipt } from '../../receipt/schema';
import { receiptText, sealed } from '../../receipt/seal';
import { verifyReceipt, type Verdict } from '../../receipt/verify';
import { treeRoot } from '../activities/verification/merkle-tree';
import { leaves, time } from '../audit/sound-log';
import { otherNote, pemOf, receiptOf, rotatedLog, type RotatedLog } from './rotated-log';

let rotated: RotatedLog;
let receipt: Receipt;

beforeAll(async () => {
  rotated = await rotatedLog();
  receipt = receiptOf(rotated);
});

const otherPem = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
const otherHash = 'ab'.repeat(32);

function verdictOf(text: string, pem = rotated.pem): Verdict {
  return verifyReceipt(text, readTrustedKeys(pem));
}

const codesOf = ({ failures }: Verdict): string[] => [...new Set(failures.map(({ code }) => code))];

/** What is changed is part of a copy, which may be written to. */
type Draft<Value> = { -readonly [Field in keyof Value]: Draft<Value[Field]> };

function changed(change: (draft: Draft<Receipt>) => void): Receipt {
  const draft = structuredClone(receipt);
  change(draft);
  return draft;
}

/** As a forger would hand it on: the digest is made anew. */
function forged(change: (draft: Draft<Receipt>) => void): string {
  const { sha256, ...rest } = changed(change);
  expect(sha256).not.toBe('');
  return receiptText(sealed(rest));
}

function at<Item>(list: Item[], position: number): Item {
  const item = list.at(position);
  if (item === undefined) throw new Error(`There is no item ${position}.`);
  return item;
}

describe('a receipt', () => {
  it('holds, says which keys of the reader were used, and counts the notes', () => {
    const { failures, used, notes } = verdictOf(receiptText(receipt));
    expect(failures).toEqual([]);
    expect(used).toEqual([
      {
        logId: receipt.next.logId,
        trees: [...receipt.shards.map(({ treeId }) => treeId), receipt.next.treeId],
      },
    ]);
    // Three shards and the next tree, and two of each of two instances.
    expect(notes).toBe(8);
  });

  it('holds with more keys than it needs, and with other blanks and another order of fields', () => {
    const { sha256, ...rest } = receipt;
    const text = JSON.stringify({ sha256, ...rest }, null, 7);
    expect(verdictOf(text, otherPem + rotated.pem).failures).toEqual([]);
  });

  it.each([
    ['an empty tree that ended', { entries: 0 }],
    ['a tree of one entry', { entries: 1 }],
    ['a next tree that could not serve', { stuck: 2 }],
    ['an entry of a client instead of the handover', { first: leaves('a client', 1, time + 50)[0] }],
  ] as const)('holds for %s', async (_what, shape) => {
    const other = await rotatedLog(shape);
    expect(verdictOf(receiptText(receiptOf(other)), other.pem).failures).toEqual([]);
  });
});

/** What of a receipt the log has signed, changed by someone who seals it anew. */
const forgeries: readonly (readonly [string, readonly FailureCode[], (draft: Draft<Receipt>) => void])[] = [
  ['the PEM of a key', ['KEY_DIFFERS'], ({ keys }) => (at(keys, 0).publicKey = otherPem)],
  ['a PEM that is none', ['KEY_DIFFERS'], ({ keys }) => (at(keys, 0).publicKey = 'mine')],
  ['the id of a key', ['KEY_DIFFERS'], ({ keys }) => (at(keys, 0).logId = otherHash)],
  ['the key of a shard', ['KEY_DIFFERS', 'KEY_NOT_GIVEN'], ({ shards }) => (at(shards, 1).logId = otherHash)],
  ['the key of the next tree', ['KEY_DIFFERS', 'KEY_NOT_GIVEN'], (draft) => (draft.next.logId = otherHash)],
  [
    'the id of a shard',
    ['CHECKPOINT_INVALID', 'INSTANCE_DIFFERS'],
    ({ shards }) => (at(shards, 1).treeId = '101'),
  ],
  ['the id of the next tree', ['ENTRY_DIFFERS', 'CHECKPOINT_INVALID'], ({ next }) => (next.treeId = '78')],
  [
    'a length',
    ['INDEX_DIFFERS', 'LENGTH_DIFFERS', 'INSTANCE_DIFFERS'],
    ({ shards }) => (at(shards, 1).length += 1),
  ],
  ['a first index', ['INDEX_DIFFERS'], ({ shards }) => (at(shards, 2).firstIndex += 1)],
  ['the index of the next tree', ['INDEX_DIFFERS'], ({ next }) => (next.firstIndex += 1)],
  ['a root', ['ROOT_DIFFERS'], ({ shards }) => (at(shards, 1).rootHash = otherHash)],
  [
    'the root of the tree that ended',
    ['ROOT_DIFFERS', 'HANDOVER_DIFFERS'],
    ({ shards }) => (at(shards, -1).rootHash = otherHash),
  ],
  ['a note that is none', ['CHECKPOINT_INVALID'], ({ shards }) => (at(shards, 0).checkpoint = 'trust me')],
  [
    'a note by another name',
    ['CHECKPOINT_INVALID'],
    ({ shards }) =>
      (at(shards, 1).checkpoint = at(shards, 1).checkpoint.replaceAll('rekor.example', 'rekor.other')),
  ],
  [
    'a note of another size that the log has signed',
    ['LENGTH_DIFFERS', 'ROOT_DIFFERS'],
    ({ shards }) => {
      const shard = at(shards, 1);
      shard.checkpoint = otherNote(rotated, shard.checkpoint, { size: 2, root: Buffer.alloc(32, 7) });
    },
  ],
  [
    'two notes of one size with two roots',
    ['PROOF_INVALID'],
    ({ firstLeaf }) => {
      firstLeaf.checkpoint = otherNote(rotated, firstLeaf.checkpoint, { root: Buffer.alloc(32, 7) });
    },
  ],
  [
    'the order of the shards',
    ['INDEX_DIFFERS', 'INSTANCE_DIFFERS', 'SHARDS_DIFFER', 'CHECKPOINT_INVALID', 'HANDOVER_DIFFERS'],
    ({ shards }) => shards.reverse(),
  ],
  ['which trees ended', ['SHARDS_DIFFER'], ({ ended }) => ended.unshift('90')],
  ['a shard that is left out', ['INDEX_DIFFERS', 'INSTANCE_DIFFERS'], ({ shards }) => shards.splice(1, 1)],
  [
    'a shard that stands there twice',
    ['SHARDS_DIFFER', 'INSTANCE_DIFFERS'],
    ({ shards }) => shards.unshift(at(shards, 0)),
  ],
  [
    'the entry id of the first leaf',
    ['ENTRY_DIFFERS'],
    ({ firstLeaf }) => (firstLeaf.entryId = `${firstLeaf.entryId.slice(0, 16)}${otherHash}`),
  ],
  [
    'the first leaf',
    ['ENTRY_DIFFERS', 'PROOF_INVALID', 'HANDOVER_DIFFERS'],
    ({ firstLeaf }) => (firstLeaf.body = Buffer.from('{}').toString('base64')),
  ],
  ['its time', ['PROMISE_INVALID'], ({ firstLeaf }) => (firstLeaf.integratedTime += 1)],
  ['its index', ['INDEX_DIFFERS'], ({ firstLeaf }) => (firstLeaf.logIndex += 1)],
  ['its promise', ['PROMISE_INVALID'], ({ firstLeaf }) => (firstLeaf.signedEntryTimestamp = 'AAAA')],
  ['its proof', ['PROOF_INVALID'], ({ firstLeaf }) => (firstLeaf.path[0] = otherHash)],
  ['a longer proof', ['PROOF_INVALID'], ({ firstLeaf }) => firstLeaf.path.push(otherHash)],
  ['a shorter proof', ['PROOF_INVALID'], ({ firstLeaf }) => firstLeaf.path.pop()],
  [
    'the note that it is proven under',
    ['CHECKPOINT_INVALID'],
    ({ firstLeaf, shards }) => (firstLeaf.checkpoint = at(shards, 1).checkpoint),
  ],
  [
    'the text of the handover',
    ['HANDOVER_DIFFERS'],
    (draft) => {
      if (draft.handover) draft.handover.text = draft.handover.text.replace('size 5', 'size 4');
    },
  ],
  ['a handover that is denied', ['HANDOVER_DENIED'], (draft) => (draft.handover = null)],
  [
    'what an instance had loaded',
    ['INSTANCE_DIFFERS'],
    ({ instances }) => (at(at(instances, 1).loaded, 2).length += 1),
  ],
  [
    'what an instance signed of the tree that ended',
    ['LENGTH_DIFFERS'],
    ({ instances }) => {
      const instance = at(instances, 0);
      instance.endedCheckpoint = otherNote(rotated, instance.endedCheckpoint, { size: 4 });
    },
  ],
  [
    'another root that an instance signed of it',
    ['ROOT_DIFFERS'],
    ({ instances }) => {
      const instance = at(instances, 0);
      instance.endedCheckpoint = otherNote(rotated, instance.endedCheckpoint, { root: Buffer.alloc(32, 7) });
    },
  ],
  [
    'what an instance signed of the next tree',
    ['PROOF_INVALID'],
    ({ instances }) => {
      const instance = at(instances, 0);
      instance.checkpoint = otherNote(rotated, instance.checkpoint, { root: Buffer.alloc(32, 7) });
    },
  ],
  [
    'two next trees of one size, each with a proof',
    ['ROOT_DIFFERS'],
    ({ instances, firstLeaf }) => {
      const instance = at(instances, 0);
      const bodies = [Buffer.from(firstLeaf.body, 'base64'), ...[1, 2, 3].map((n) => Buffer.of(n))];
      instance.checkpoint = otherNote(rotated, instance.checkpoint, { root: treeRoot(bodies) });
      instance.path = [treeRoot(bodies.slice(1, 2)), treeRoot(bodies.slice(2))].map((hash) =>
        hash.toString('hex'),
      );
    },
  ],
  ['the proof of an instance', ['PROOF_INVALID'], ({ instances }) => (at(instances, 0).path = [])],
];

describe('what the log has signed', () => {
  it.each(forgeries)('cannot be forged: %s', (_what, codes, change) => {
    expect(codesOf(verdictOf(forged(change))).sort()).toEqual([...codes].sort());
  });

  it('is told where, and what is there instead', () => {
    const { failures } = verdictOf(forged(({ shards }) => (at(shards, 1).rootHash = otherHash)));
    expect(failures).toEqual([
      {
        code: 'ROOT_DIFFERS',
        where: 'Tree 100',
        what: `the receipt says the root ${otherHash}, and the log signed ${receipt.shards[1]?.rootHash}`,
      },
    ]);
  });

  it('is proven by the reader’s keys alone: a receipt that brings its own proves nothing', async () => {
    const theirs = await rotatedLog();
    const verdict = verdictOf(receiptText(receiptOf(theirs)));
    expect(codesOf(verdict)).toEqual(['KEY_NOT_GIVEN']);
    expect(verdict).toMatchObject({ used: [], notes: 0 });
  });

  it('is of one name', () => {
    const named = forged(({ instances }) => {
      const instance = at(instances, 0);
      instance.endedCheckpoint = rotated.log.note('rekor.other', instance.endedCheckpoint);
    });
    expect(codesOf(verdictOf(named))).toEqual(['NAMES_DIFFER']);
  });
});

describe('what nobody has signed', () => {
  const stated: readonly (readonly [string, (draft: Draft<Receipt>) => void])[] = [
    ['who started it', (draft) => (draft.rotation.startedBy = null)],
    ['who approved it', ({ rotation }) => rotation.approvals.splice(0)],
    ['a time', ({ rotation }) => (rotation.writes = null)],
    ['a version', ({ versions }) => (versions.rekorRotate = '9.9.9')],
    ['the name of an instance', ({ instances }) => (at(instances, 0).name = 'blue')],
  ];

  it.each(stated)('is found when it was damaged: %s', (_what, change) => {
    expect(codesOf(verdictOf(receiptText(changed(change))))).toEqual(['DAMAGED']);
  });

  it.each(stated)('can be forged, and no document may say otherwise: %s', (_what, change) => {
    expect(verdictOf(forged(change)).failures).toEqual([]);
  });
});

describe('damage', () => {
  it('of any one byte is found', () => {
    const whole = Buffer.from(receiptText(receipt));
    const content = JSON.stringify(receipt);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (position, flip) => {
        const bytes = Buffer.from(whole);
        bytes[position] = (bytes[position] ?? 0) ^ flip;
        const { receipt: read, failures } = verdictOf(bytes.toString());
        // One blank instead of another one is no damage.
        expect(failures.length > 0 || JSON.stringify(read) === content).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('of any one field is found: each left out, and each of another value', () => {
    const places = placesIn(receipt);
    expect(places.length).toBeGreaterThan(100);
    for (const place of places) {
      for (const change of [leftOut, replaced]) {
        const draft = structuredClone(receipt);
        change(draft, place);
        expect([place, verdictOf(JSON.stringify(draft)).failures.length > 0]).toEqual([place, true]);
      }
    }
  });

  it('of a field that is added is found', () => {
    expect(codesOf(verdictOf(JSON.stringify({ ...receipt, note: 'trust me' })))).toEqual(['NOT_A_RECEIPT']);
  });

  it.each([
    ['', 'NOT_A_RECEIPT', 'it is no JSON'],
    ['[]', 'NOT_A_RECEIPT', 'expected object'],
    ['{"format":2}', 'FORMAT_UNKNOWN', 'its format is 2; this version reads 1'],
    ['{"format":1}', 'NOT_A_RECEIPT', 'expected string'],
  ])('%j is no receipt', (text, code, what) => {
    const { failures, receipt: read } = verdictOf(text);
    expect(read).toBeNull();
    expect(failures[0]?.code).toBe(code);
    expect(failures[0]?.what).toContain(what);
  });
});

type Place = readonly (string | number)[];

function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place];
  return Object.entries(value).flatMap(([field, inner]) => placesIn(inner, [...place, field]));
}

function parentOf(draft: object, place: Place): [Record<string, unknown>, string] {
  const parent = place
    .slice(0, -1)
    .reduce<unknown>((value, field) => (value as Record<string, unknown>)[field], draft);
  return [parent as Record<string, unknown>, String(place.at(-1))];
}

function leftOut(draft: object, place: Place): void {
  const [parent, field] = parentOf(draft, place);
  if (Array.isArray(parent)) parent.splice(Number(field), 1);
  else Reflect.deleteProperty(parent, field);
}

function replaced(draft: object, place: Place): void {
  const [parent, field] = parentOf(draft, place);
  const value = parent[field];
  parent[field] = typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}0` : 'x';
}

describe('docs/receipt.md', () => {
  it('explains every failure, with the words of the catalogue', () => {
    const text = readFileSync(path.join(__dirname, '../../docs/receipt.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(Object.entries(failureMeanings));
  });

  it('has a test of every failure', () => {
    const tested = new Set<string>(forgeries.flatMap(([, codes]) => codes));
    const others = ['NOT_A_RECEIPT', 'FORMAT_UNKNOWN', 'DAMAGED', 'NAMES_DIFFER'];
    expect([...tested, ...others].sort()).toEqual(Object.keys(failureMeanings).sort());
  });
});
