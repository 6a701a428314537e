import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RefusalError } from '../../../activities/errors/refusal-error';
import type { LogAddress, VerificationTarget } from '../../../activities/verification/target';
import { logVerifier } from '../../../activities/verification/verification';
import type { ProvenAddress } from '../../../workflows/model/evidence';
import { entryId, FakeLog, notFound, ok, type Answer, type EntryAnswer, type EntryFields } from './fake-log';
import { dsse, hashedRekord, hashedRekordWithCertificate } from './leaves';
import { treeRoot } from './merkle-tree';

const time = 1_790_000_000;
let log: FakeLog;
let baseUrl: string;

/** Trees of 5, 0, 1, 0 and (active) 4 entries: indexes 0-4, 5 and 6-9. */
beforeEach(async () => {
  log = new FakeLog([
    {
      treeId: '6826284441047790130',
      leaves: [0, 1, 2, 3, 4].map((n) => hashedRekord(`first ${n}`, time + n)),
    },
    { treeId: '12', leaves: [] },
    { treeId: '3180555228007335225', leaves: [hashedRekord('alone', time + 10)] },
    { treeId: '9223372036854775807', leaves: [] },
    { treeId: '77', leaves: [0, 1, 2, 3].map((n) => hashedRekord(`last ${n}`, time + 20 + n)) },
  ]);
  baseUrl = await log.listen();
});

afterEach(async () => {
  await log.close();
});

function at(url: string): LogAddress {
  return { url, field: 'logs.test.publicUrl' };
}

function target(changes: Partial<VerificationTarget> = {}): VerificationTarget {
  return {
    address: at(baseUrl),
    activeTreeId: '77',
    inactive: log.shards.slice(0, -1).map(({ treeId, leaves }) => ({ treeId, length: leaves.length })),
    sampleEntries: 20,
    ...changes,
  };
}

async function verify(changes?: Partial<VerificationTarget>): Promise<ProvenAddress> {
  return logVerifier({ log: 'test', clockDifferenceMs: 0 }).verify(
    target(changes),
    new AbortController().signal,
  );
}

async function refusalOf(changes?: Partial<VerificationTarget>): Promise<string> {
  const error: unknown = await verify(changes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusalError)) {
    throw new Error('nothing was refused', { cause: error });
  }
  return `${error.refusal.code}: ${error.refusal.message}`;
}

/** Makes the log lie where `when` is part of the path, beginning with that answer's `from`th time. */
function lieAt(when: string, lie: (honest: Answer) => Answer, from = 1): void {
  let seen = 0;
  log.lie = (path, honest) => {
    seen += path.endsWith(when) ? 1 : 0;
    return path.endsWith(when) && seen >= from ? lie(honest) : honest;
  };
}

/** Makes the log answer an index with a changed entry. */
function changeAt(index: number, change: (entry: EntryFields) => EntryFields): void {
  lieAt(`logIndex=${index}`, ({ body }) => ok(changed(body as EntryAnswer, change)));
}

function changed(answer: EntryAnswer, change: (entry: EntryFields) => EntryFields): EntryAnswer {
  return Object.fromEntries(Object.entries(answer).map(([id, entry]) => [id, change(entry)]));
}

function withProof(
  entry: EntryFields,
  proof: Partial<EntryFields['verification']['inclusionProof']>,
): EntryFields {
  const { verification } = entry;
  return {
    ...entry,
    verification: { ...verification, inclusionProof: { ...verification.inclusionProof, ...proof } },
  };
}

describe('an honest log', () => {
  test('is proven in every shard, with empty ones and one of a single entry among them', async () => {
    const { served, ...report } = await verify();
    expect(served?.inactive.map(({ length }) => length)).toEqual([5, 0, 1, 0]);
    expect(report).toEqual({
      entriesVerified: 10,
      proofsVerified: 30,
      checkpointsVerified: 5,
      shards: [5, 0, 1, 0, 4].map((length, place) => ({
        treeId: log.shard(place).treeId,
        length,
        entriesVerified: length,
      })),
      withoutBundle: 0,
    });
  });

  test('is sampled: first, last and as many others as asked', async () => {
    const report = await verify({ sampleEntries: 1 });
    expect(report.shards.map((shard) => shard.entriesVerified)).toEqual([3, 0, 1, 0, 3]);
  });

  test('may have no inactive shard, and no entry', async () => {
    const empty = new FakeLog([{ treeId: '5', leaves: [] }]);
    const report = await verify({ address: at(await empty.listen()), activeTreeId: '5', inactive: [] });
    await empty.close();
    expect(report).toMatchObject({ entriesVerified: 0, checkpointsVerified: 1 });
  });

  test('may hold kinds that no bundle can be made of; they are proven directly and counted', async () => {
    log.shard(-1).leaves.push(dsse('payload', time + 30), hashedRekordWithCertificate('keyless', time + 31));
    expect(await verify()).toMatchObject({ entriesVerified: 12, withoutBundle: 1 });
  });

  test('may hold one upload in two trees: its UUID alone finds that of the active tree', async () => {
    log.shard(-1).leaves.push(hashedRekord('again', time + 30));
    const twin = log.shard(-1).leaves.at(-1);
    log.shard(0).leaves.push(...(twin ? [{ ...twin, integratedTime: time + 5 }] : []));
    expect(await verify()).toMatchObject({ entriesVerified: 12 });
  });

  test('may grow meanwhile: each later head is proven to extend the first', async () => {
    const grown = log.shard(-1).leaves;
    log.lie = (path, honest) => {
      if (path.includes('logIndex=') && grown.length < 9) {
        grown.push(hashedRekord(`new ${grown.length}`, time + 40));
      }
      return honest;
    };
    const report = await verify();
    expect(report.shards.at(-1)).toMatchObject({ length: 4, entriesVerified: 4 });
    expect(report.checkpointsVerified).toBeGreaterThan(6);
  });

  test('has the known roots and begins its active tree with the handover', async () => {
    const first = log.shard(-1).leaves[0]?.body ?? Buffer.of();
    const rootHashes = { [log.shard(0).treeId]: log.tree(log.shard(0)).rootHash };
    const report = await verify({ rootHashes, handoverLeafHash: entryId('77', first).slice(16) });
    expect(report.entriesVerified).toBe(10);
  });
});

describe('the shard list and its checkpoints', () => {
  test('another active tree is found', async () => {
    expect(await refusalOf({ activeTreeId: '78' })).toContain('its active tree is 77, not 78');
  });

  test('shards in another order are found', async () => {
    const inactive = [...target().inactive].reverse();
    expect(await refusalOf({ inactive })).toMatch(
      /VERIFICATION_FAILED: The shard list .* not \[9223372036854775807, /,
    );
  });

  test('a length that is not the expected one is found', async () => {
    const inactive = target().inactive.map((shard, place) => (place === 0 ? { ...shard, length: 6 } : shard));
    expect(await refusalOf({ inactive })).toMatch(/Inactive shard 6826284441047790130 .* 5 entries, not 6/);
  });

  test('a key that is not the known one is found', async () => {
    const logIds = { [log.shard(2).treeId]: 'ab'.repeat(32) };
    expect(await refusalOf({ logIds })).toMatch(
      /Inactive shard 3180555228007335225 .* signed with the key [0-9a-f]{64}, not with abab/,
    );
  });

  test('a root that is not the known one is found', async () => {
    const rootHashes = { [log.shard(2).treeId]: 'ab'.repeat(32) };
    expect(await refusalOf({ rootHashes })).toMatch(/Inactive shard 3180555228007335225 .* not abab/);
  });

  test('an instance that loaded a shard before its end is found by the note it signed (H29)', async () => {
    const shard = log.shard(0);
    const early = shard.leaves.slice(0, 3).map((leaf) => leaf.body);
    lieAt('/log', ({ body }) => {
      const [first, ...others] = (body as { inactiveShards: object[] }).inactiveShards;
      const stale = { ...first, signedTreeHead: log.checkpoint(shard.treeId, 3, treeRoot(early)) };
      return ok({ ...(body as object), inactiveShards: [stale, ...others] });
    });
    expect(await refusalOf()).toContain('it loaded or signed 3 entries, but the tree has 5 now');
  });

  test('a second process behind the address that has another length is found (H29)', async () => {
    const shard = log.shard(0);
    lieAt(
      '/log',
      ({ body }) => {
        const [, ...others] = (body as { inactiveShards: object[] }).inactiveShards;
        const earlier = log.tree({ ...shard, leaves: shard.leaves.slice(0, 3) });
        return ok({ ...(body as object), inactiveShards: [earlier, ...others] });
      },
      2,
    );
    expect(await refusalOf()).toContain(
      'inactive tree 6826284441047790130 of 5 entries was signed with size 3',
    );
  });

  test('a checkpoint of another root, of another tree, or not signed is found', async () => {
    const active = (change: (tree: { signedTreeHead: string }) => string) =>
      lieAt('/log', ({ body }) => {
        const tree = body as { signedTreeHead: string };
        return ok({ ...tree, signedTreeHead: change(tree) });
      });
    active(() => log.checkpoint('77', 4, Buffer.alloc(32, 1)));
    expect(await refusalOf()).toMatch(/Active tree 77 .* its checkpoint has the root 0101/);
    active(() => log.checkpoint('78', 4, Buffer.alloc(32, 1)));
    expect(await refusalOf()).toContain('its checkpoint is of tree 78, not 77');
    active(({ signedTreeHead }) => signedTreeHead.replace('\n4\n', '\n3\n'));
    expect(await refusalOf()).toContain('has no valid signature');
    active(({ signedTreeHead }) => signedTreeHead.replace('— rekor.example', '— other.example'));
    expect(await refusalOf()).toContain('has no valid signature');
  });

  test('a checkpoint of more entries than can be counted exactly is found', async () => {
    const root = Buffer.alloc(32, 1);
    const note = log.checkpoint('77', 4, root).replace('\n4\n', `\n${BigInt(2 ** 53) + 1n}\n`);
    lieAt('/log', ({ body }) => ok({ ...(body as object), signedTreeHead: note }));
    expect(await refusalOf()).toContain('its checkpoint\'s size is "9007199254740993"');
  });

  test('an active tree that was rewritten while it grew is found', async () => {
    lieAt(
      '/log',
      () => {
        const rewritten = {
          ...log.shard(-1),
          leaves: [0, 1, 2, 3, 4].map((n) => hashedRekord(`x ${n}`, time)),
        };
        return ok({
          ...log.tree(rewritten),
          inactiveShards: log.shards.slice(0, -1).map((shard) => log.tree(shard)),
        });
      },
      2,
    );
    expect(await refusalOf()).toMatch(/Active tree 77 .* not proven to extend itself of size 4/);
  });

  test('a missing or other first leaf than the handover is found', async () => {
    expect(await refusalOf({ handoverLeafHash: 'cd'.repeat(32) })).toContain('not the handover cdcd');
  });

  test('an entry of the last inactive tree that is younger than the first of the active one is found (H40)', async () => {
    log.shard(2).leaves[0] = hashedRekord('alone', time + 21);
    expect(await refusalOf()).toMatch(/The boundary at index 6 .* both took writes at once/);
  });
});

describe('entries', () => {
  test.each([
    [
      'a wrong hash in its proof',
      (e: EntryFields) =>
        withProof(e, { hashes: [...e.verification.inclusionProof.hashes.slice(1), 'ef'.repeat(32)] }),
      /does not lead to the signed root/,
    ],
    [
      'a proof that is cut short',
      (e: EntryFields) => withProof(e, { hashes: e.verification.inclusionProof.hashes.slice(1) }),
      /does not lead to the signed root/,
    ],
    [
      'a wrong root',
      (e: EntryFields) => withProof(e, { rootHash: 'ef'.repeat(32) }),
      /its proof is for size 5 and root efef/,
    ],
    ['a wrong tree size', (e: EntryFields) => withProof(e, { treeSize: 6 }), /its proof is for size 6/],
    [
      'another leaf index',
      (e: EntryFields) => withProof(e, { logIndex: 1 }),
      /leaf 1 after 0 earlier entries was answered with index 2/,
    ],
    [
      'a checkpoint that is not signed',
      (e: EntryFields) =>
        withProof(e, { checkpoint: e.verification.inclusionProof.checkpoint.replace('\n5\n', '\n4\n') }),
      /no valid signature/,
    ],
    [
      'another time than was promised',
      (e: EntryFields) => ({ ...e, integratedTime: e.integratedTime + 1 }),
      /signed entry timestamp does not hold/,
    ],
    ['another log id', (e: EntryFields) => ({ ...e, logID: 'ef'.repeat(32) }), /its logID efef/],
    [
      'another body',
      (e: EntryFields) => ({ ...e, body: Buffer.from('{}').toString('base64') }),
      /does not hash to its UUID/,
    ],
    [
      'no promise at all',
      (e: EntryFields) => ({ ...e, verification: { ...e.verification, signedEntryTimestamp: '' } }),
      /signed entry timestamp does not hold/,
    ],
    [
      'an index that is no number',
      (e: EntryFields) => ({ ...e, logIndex: '2' as unknown as number }),
      /the answer is not an entry/,
    ],
  ])('%s is found', async (_what, change, reason) => {
    changeAt(2, change);
    const refusal = await refusalOf();
    expect(refusal).toMatch(/^VERIFICATION_FAILED: Index 2 \(leaf 2 of tree 6826284441047790130\) of test/);
    expect(refusal).toMatch(reason);
  });

  test('an index shifted by one is found, though truly signed', async () => {
    lieAt('logIndex=7', () => ok(log.entry(log.shard(-1), 1, { logIndex: 8 })));
    expect(await refusalOf()).toContain('leaf 1 after 6 earlier entries was answered with index 8');
  });

  test('two entries that changed places are found', async () => {
    lieAt('logIndex=7', () => ok(log.entry(log.shard(-1), 2)));
    expect(await refusalOf()).toMatch(/^VERIFICATION_FAILED: Index 7 .* answered with index 8/);
  });

  test('an inactive shard that grew for this one answer is found', async () => {
    const grown = { ...log.shard(2), leaves: [...log.shard(2).leaves, hashedRekord('late', time + 11)] };
    lieAt('logIndex=5', () => ok(log.entry(grown, 0, { logIndex: 5 })));
    expect(await refusalOf()).toContain(
      'inactive tree 3180555228007335225 of 1 entry was signed with size 2',
    );
  });

  test('a second root for one size is found', async () => {
    const other = {
      ...log.shard(-1),
      leaves: log.shard(-1).leaves.map((leaf, n) => (n === 3 ? hashedRekord('other', time) : leaf)),
    };
    lieAt('logIndex=7', () => ok(log.entry(other, 1, { logIndex: 7 })));
    expect(await refusalOf()).toContain('tree 77 was signed with two roots for size 4');
  });

  test('an index that answers 404 is found', async () => {
    lieAt('logIndex=9', () => notFound);
    expect(await refusalOf()).toMatch(/Index 9 \(leaf 3 of tree 77\) .* there is no entry at this index/);
  });

  test('a UUID that answers another entry is found', async () => {
    const [first] = log.shard(0).leaves;
    const uuid = entryId('0', first?.body ?? Buffer.of()).slice(16);
    lieAt(`entries/${uuid}`, () => ok(log.entry(log.shard(0), 1)));
    expect(await refusalOf()).toMatch(/Index 0 .* asked by UUID, another entry answers/);
    lieAt(`entries/${uuid}`, () => ok(log.entry(log.shard(2), 0)));
    expect(await refusalOf()).toMatch(/Index 0 .* asked by UUID, another entry answers/);
    lieAt(`entries/${uuid}`, () => notFound);
    expect(await refusalOf()).toMatch(/Index 0 .* its UUID .* is not found/);
  });

  test('an entry id that answers another index or nothing is found', async () => {
    const [first] = log.shard(-1).leaves;
    const id = entryId('77', first?.body ?? Buffer.of());
    lieAt(`entries/${id}`, () => ok(log.entry(log.shard(-1), 0, { logIndex: 7 })));
    expect(await refusalOf()).toMatch(/Index 6 .* asked by entry id, another entry answers: .* with index 7/);
    lieAt(`entries/${id}`, () => notFound);
    expect(await refusalOf()).toMatch(/Index 6 .* its entry id .* is not found/);
  });

  test('the first index of the active tree that answers an entry of the earlier one is found', async () => {
    lieAt('logIndex=6', () => ok(log.entry(log.shard(2), 0, { logIndex: 6 })));
    expect(await refusalOf()).toContain('the entry is of tree 3180555228007335225, not 77');
  });

  test('an entry after the end of a log whose active tree is empty is found', async () => {
    log.shard(-1).leaves.length = 0;
    expect(await verify()).toMatchObject({ entriesVerified: 6 });
    lieAt('logIndex=6', () => ok(log.entry(log.shard(2), 0)));
    expect(await refusalOf()).toMatch(/Index 6 after the last entry .* the tree is empty, but entry/);
  });
});

describe('the connection', () => {
  test('a read that fails is repeated', async () => {
    let failures = 0;
    log.lie = (path, honest) => {
      failures += path.endsWith('/log') ? 1 : 0;
      return path.endsWith('/log') && failures <= 2 ? { status: 502, body: 'bad gateway' } : honest;
    };
    expect(await verify()).toMatchObject({ entriesVerified: 10 });
  });

  test('an address that nobody serves is refused as unreachable', async () => {
    const closed = createServer();
    await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    expect(await refusalOf({ address: at(`http://127.0.0.1:${port}`) })).toMatch(
      /^REKOR_UNREACHABLE: .*ECONNREFUSED/,
    );
  });

  test('an answer that is no JSON, or of another form, is refused', async () => {
    lieAt('/log', () => ok('<html>'));
    expect(await refusalOf()).toMatch(/VERIFICATION_FAILED: The shard list .* does not answer in JSON/);
    lieAt('/log', () => ok({ treeID: 77 }));
    expect(await refusalOf()).toContain('the answer has another form');
  });

  test('an aborted verification stops with the reason it was given', async () => {
    const stop = new AbortController();
    log.lie = (path, honest) => {
      if (path.includes('logIndex=')) {
        stop.abort(new Error('enough'));
      }
      return honest;
    };
    await expect(
      logVerifier({ log: 'test', clockDifferenceMs: 0 }).verify(target(), stop.signal),
    ).rejects.toThrow('enough');
    expect(log.requests).toBeLessThan(25);
  });
});
