import { handoverLeaf } from '../../activities/handover';
import { readCheckpoints } from '../../audit/kept-checkpoints';
import { checklist } from '../../audit/model/checklist';
import { readTrustedKeys } from '../../audit/trusted-keys';
import { entryId, type EntryFields, FakeLog, notFound, ok } from '../activities/verification/fake-log';
import { hashedRekord } from '../activities/verification/leaves';
import { codesOf, Served } from './served';
import { leaves, sound, time } from './sound-log';

const served = new Served();
afterEach(() => served.close());

/** Changes each entry that the log answers with, however it is asked. */
function changing(log: FakeLog, change: (entry: EntryFields, entryId: string) => void): void {
  log.lie = (path, honest) => {
    if (!path.includes('/entries') || honest.status !== 200) return honest;
    for (const answer of [honest.body].flat() as Record<string, EntryFields>[]) {
      for (const [id, entry] of Object.entries(answer)) change(entry, id);
    }
    return honest;
  };
}

describe('an audit of a sound log', () => {
  it('finds nothing, over filled and empty shards, and reads every entry', async () => {
    const found = await served.audit(await served.at(sound()));

    expect(codesOf(found)).toEqual([]);
    expect(found).toMatchObject({ entriesRead: 40, boundaries: 3, keys: 1, unasked: [] });
    expect(found.entriesByEveryPath).toBe(5 + 1 + 5);
    const states = Object.fromEntries(checklist(found).map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({
      shards: 'ok',
      lengths: 'ok',
      times: 'ok',
      entries: 'ok',
      search: 'unasked',
    });
  });

  it('reads the last entries alone, or a sample, and the ends of each shard', async () => {
    const log = sound();
    const urls = await served.at(log);
    const last = await served.audit(urls, { sample: 0, reading: { kind: 'last', entries: 20 } });
    expect([codesOf(last), last.entriesRead]).toEqual([[], 20 + 1]);

    const sampled = await served.audit(urls, { sample: 5, reading: { kind: 'sample' } });
    expect([codesOf(sampled), sampled.entriesRead]).toEqual([[], 7 + 1 + 7]);
  });

  it('asks for single entries where they cannot be asked for together', async () => {
    const log = sound();
    log.lie = (path, honest) => (path.endsWith('/retrieve') ? { status: 501, body: {} } : honest);
    const found = await served.audit(await served.at(log));
    expect([codesOf(found), found.entriesRead]).toEqual([[], 40]);
  });

  it('finds nothing where entries asked for together come in any order, as Rekor 0.12 and 1.0 give them', async () => {
    const log = sound();
    let turned = 0;
    log.lie = (path, honest) => {
      if (!path.endsWith('/entries/retrieve')) return honest;
      turned += 1;
      return ok((honest.body as unknown[]).toReversed());
    };
    const found = await served.audit(await served.at(log));
    expect([codesOf(found), found.entriesRead]).toEqual([[], 40]);
    expect(turned).toBeGreaterThan(3);
  });

  it('finds one wrong index among entries that come in any order', async () => {
    const log = sound();
    log.lie = (path, honest) => {
      if (!path.endsWith('/entries/retrieve')) return honest;
      const answers = structuredClone(honest.body as Record<string, EntryFields>[]);
      for (const entry of answers.flatMap((answer) => Object.values(answer))) {
        if (entry.logIndex === 7) entry.logIndex = 70;
      }
      return ok(answers.toReversed());
    };
    const { findings } = await served.audit(await served.at(log));
    expect(findings.counts.map(([code]) => code)).toContain('INDEX_DIFFERS');
    expect(findings.kept.map(({ where }) => where)).toContainEqual(expect.stringMatching(/^Index 7 /));
  });

  it('finds nothing while its active tree grows, and proves each head that it sees', async () => {
    const log = sound();
    log.lie = (path, honest) => {
      const active = log.shard(-1).leaves;
      if (path.includes('logIndex=') && active.length < 20)
        active.push(hashedRekord(`new ${active.length}`, time + 300));
      return honest;
    };
    const found = await served.audit(await served.at(log));
    expect(codesOf(found)).toEqual([]);
    // Besides the first and the last head there are those beside entries.
    expect(found.consistencyProofs).toBeGreaterThan(2);
  });

  it('follows the handovers, and takes one that is missing for the work of another', async () => {
    const log = sound();
    const first = log.tree(log.shard(0));
    const end = { treeId: first.treeID, size: first.treeSize, rootHash: first.rootHash };
    const second = log.shard(1);
    second.leaves.push({ body: handoverLeaf(end).value, integratedTime: time + 40 });
    const found = await served.audit(await served.at(log));
    expect([codesOf(found), found.handovers.handedOver, found.handovers.boundaries]).toEqual([[], 1, 3]);
  });

  it('names entries that were sent again after a rotation, which is no fault', async () => {
    const log = sound();
    const [again] = log.shard(0).leaves.slice(-1);
    if (again) log.shard(-1).leaves.push({ ...again, integratedTime: time + 300 });
    const found = await served.audit(await served.at(log));
    expect([codesOf(found), found.findings.faults]).toEqual([['SENT_AGAIN'], 0]);
  });
});

describe('an audit of one address', () => {
  it.each<[string, string, (log: FakeLog) => void]>([
    [
      'an entry of another body',
      'ENTRY_DIFFERS',
      (log) => changing(log, (entry) => (entry.body = Buffer.from('{}').toString('base64'))),
    ],
    [
      'a promise of another time',
      'PROMISE_INVALID',
      (log) => changing(log, (entry) => (entry.integratedTime += 1)),
    ],
    [
      'a proof that leads elsewhere',
      'PROOF_INVALID',
      (log) =>
        changing(log, ({ verification: { inclusionProof } }) => {
          inclusionProof.hashes = inclusionProof.hashes.map(() => '00'.repeat(32));
        }),
    ],
    [
      'an entry that only retrieve leaves out',
      'ENTRY_MISSING',
      (log) => {
        log.lie = (path, honest) =>
          path.includes('logIndex=7') && !path.includes('logIndex=7&') ? notFound : honest;
        const { lie } = log;
        log.lie = (path, honest) =>
          path.endsWith('/entries/retrieve')
            ? ok(
                (honest.body as object[]).filter(
                  (answer) => !Object.values(answer).some((entry) => (entry as EntryFields).logIndex === 7),
                ),
              )
            : lie(path, honest);
      },
    ],
    [
      'no entry at an entry id',
      'ENTRY_MISSING',
      (log) => {
        log.lie = (path, honest) => (/entries\/[0-9a-f]{80}$/.test(path) ? notFound : honest);
      },
    ],
    [
      'another page in place of an answer',
      'ANSWER_UNREADABLE',
      (log) => {
        log.lie = (path, honest) => (path.includes('/entries/') ? ok('<html>') : honest);
      },
    ],
    [
      'a boundary whose index leads elsewhere',
      'BOUNDARY_WRONG',
      (log) => {
        let asked = 0;
        log.lie = (path, honest) =>
          path.endsWith('logIndex=25') && (asked += 1) === 1 ? ok(log.entry(log.shard(0), 3)) : honest;
      },
    ],
    [
      'an entry after the end',
      'ENTRY_AFTER_END',
      (log) => {
        log.lie = (path, honest) => (path.endsWith('logIndex=40') ? ok(log.entry(log.shard(0), 3)) : honest);
      },
    ],
    [
      'a checkpoint that the key has not signed',
      'CHECKPOINT_INVALID',
      (log) => {
        const other = sound();
        log.lie = (path, honest) =>
          path === '/api/v1/log'
            ? ok({ ...(honest.body as object), signedTreeHead: other.tree(other.shard(-1)).signedTreeHead })
            : honest;
      },
    ],
    [
      'a shard in the list twice',
      'SHARD_TWICE',
      (log) => {
        log.lie = (path, honest) => {
          const body = honest.body as { inactiveShards: object[] };
          return path === '/api/v1/log'
            ? ok({ ...body, inactiveShards: [...body.inactiveShards, log.tree(log.shard(1))] })
            : honest;
        };
      },
    ],
    [
      'a length that was loaded before the last write',
      'LENGTH_STALE',
      (log) => {
        log.loaded.set(log.shard(0).treeId, 25);
        log.shard(0).leaves.push(hashedRekord('late', time + 30));
      },
    ],
  ])('finds %s: %s', async (_what, code, plant) => {
    const log = sound();
    plant(log);
    const found = await served.audit(await served.at(log));
    expect(codesOf(found)).toEqual([code]);
    expect(found.findings.faults).toBeGreaterThan(0);
  });

  it('finds two processes behind it that serve different shards (H29)', async () => {
    const log = sound();
    const other = new FakeLog(log.shards.slice(1));
    let asked = 0;
    log.lie = (path, honest) => {
      if (path !== '/api/v1/log') return honest;
      asked += 1;
      const { inactiveShards, ...active } = honest.body as { inactiveShards: object[] };
      return ok({ ...active, inactiveShards: asked % 2 === 1 ? inactiveShards : inactiveShards.slice(1) });
    };
    expect(other.shards).toHaveLength(3);
    const found = await served.audit(await served.at(log));
    expect(codesOf(found)).toEqual(['PROCESSES_DIFFER']);
  });

  it('finds shards that took writes at once, and shards in the wrong order (H40)', async () => {
    const overlapping = sound();
    overlapping.shard(0).leaves.push(hashedRekord('late', time + 51));
    expect(codesOf(await served.audit(await served.at(overlapping)))).toEqual(['OVERLAP']);

    const [first, , second, third] = sound().shards;
    if (!first || !second || !third) throw new Error('There are four shards.');
    const swapped = new FakeLog([second, first, third]);
    expect(codesOf(await served.audit(await served.at(swapped)))).toEqual(['SHARD_ORDER_WRONG']);
  });

  it('finds by its handover that a shard stands in another place', async () => {
    const log = sound();
    const [first, , , third] = log.shards;
    if (!first || !third) throw new Error('There are four shards.');
    const { treeID, treeSize, rootHash } = log.tree(first);
    const { value } = handoverLeaf({ treeId: treeID, size: treeSize, rootHash });
    const second = { treeId: '12', leaves: [{ body: value, integratedTime: time + 30 }] };
    const swapped = new FakeLog([second, first, third]);
    const codes = codesOf(await served.audit(await served.at(swapped), { clockDifferenceMs: 3_600_000 }));
    expect(codes).toEqual(['HANDOVER_OUT_OF_PLACE']);
  });

  it('finds what search says of trees that nobody serves', async () => {
    const log = sound();
    const gone = entryId('99', Buffer.from('gone'));
    log.lie = (path, honest) => (path.endsWith('/index/retrieve') ? ok([gone]) : honest);
    const found = await served.audit(await served.at(log));
    expect(codesOf(found)).toEqual(['SEARCH_DANGLING', 'SEARCH_INCOMPLETE']);
    expect(found.findings.kept.map(({ what }) => what).join()).toContain('tree 99 is none of the shards');
  });

  it('misses no handover in the search index, which never knows it', async () => {
    const log = sound();
    const { treeID, treeSize, rootHash } = log.tree(log.shard(2));
    const { value } = handoverLeaf({ treeId: treeID, size: treeSize, rootHash });
    log.shard(-1).leaves.splice(0, 14, { body: value, integratedTime: time + 90 });
    const all = log.shards.flatMap(({ treeId, leaves: some }) =>
      some.map(({ body }) => entryId(treeId, body)),
    );
    log.lie = (path, honest) =>
      path.endsWith('/index/retrieve')
        ? ok(all.filter((id) => !id.startsWith(entryId('77', value).slice(0, 16))))
        : honest;
    const found = await served.audit(await served.at(log));
    expect([codesOf(found), found.searched > 0, found.handovers.handedOver]).toEqual([[], true, 1]);
  });
});

describe('an audit by a checkpoint that was kept', () => {
  it('proves that each tree has grown from it, or that it has not', async () => {
    const log = sound();
    const early = ['6826284441047790130', '77'].map((treeId) => {
      const shard = log.shards.find((one) => one.treeId === treeId);
      const kept = { treeId, leaves: (shard?.leaves ?? []).slice(0, 5) };
      const tree = log.tree(kept);
      return tree.signedTreeHead;
    });
    const checkpoints = readCheckpoints(early.join('\n'));
    const urls = await served.at(log);
    const found = await served.audit(urls, { checkpoints });
    expect([codesOf(found), found.consistencyProofs]).toEqual([[], 2]);

    const other = log.tree({ treeId: '77', leaves: leaves('other', 5, time) }).signedTreeHead;
    const rewritten = await served.audit(urls, { checkpoints: readCheckpoints(other) });
    expect(codesOf(rewritten)).toEqual(['NOT_APPEND_ONLY']);
  });

  it('finds a tree that is not served, one that has lost entries, and one of another key', async () => {
    const log = sound();
    const urls = await served.at(log);
    const ended = async (note: string) =>
      codesOf(await served.audit(urls, { checkpoints: readCheckpoints(note) }));
    const root = Buffer.alloc(32, 1);
    expect(await ended(log.checkpoint('99', 5, root))).toEqual(['CHECKPOINT_UNSERVED']);
    expect(await ended(log.checkpoint('77', 15, root))).toEqual(['CHECKPOINT_BEYOND_END']);
    expect(await ended(sound().checkpoint('77', 5, root))).toEqual(['CHECKPOINT_OF_OTHER_KEY']);
  });

  it('reads the notes of rekor-monitor and of rekor-cli, too', () => {
    const log = sound();
    const [one, other] = [log.tree(log.shard(0)).signedTreeHead, log.tree(log.shard(-1)).signedTreeHead];
    const sizes = (text: string) => readCheckpoints(text).map(({ size }) => size);
    expect(sizes(one)).toEqual([25]);
    expect(sizes(`${one}\n\n${other}\n`)).toEqual([25, 14]);
    expect(sizes(one.replaceAll('\n', '\\n'))).toEqual([25]);
    expect(sizes(JSON.stringify({ 'http://log': other, '77': other }))).toEqual([14]);
    expect(() => sizes('nothing')).toThrow('its checkpoint');
  });
});

describe('an audit of several addresses', () => {
  it.each<[string, string[], (log: FakeLog) => readonly number[]]>([
    ['one that has lost a shard', ['SHARD_MISSING'], () => [0, 1, 3]],
    ['one with the shards in another order', ['SHARD_ORDER_DIFFERS'], () => [2, 1, 0, 3]],
    ['one from before the last rotation', ['INSTANCE_STALE'], () => [0, 1, 2]],
  ])('finds %s: %j, whichever stands first', async (_what, codes, order) => {
    const log = sound();
    const other = log.withShards(order(log).map((place) => log.shard(place)));
    const urls = await served.at(log, other);
    expect(codesOf(await served.audit(urls))).toEqual(codes);
    const turned = codesOf(await served.audit([...urls].reverse()));
    // The first of two equal lists is read; then its times say which of them is wrong.
    expect(turned.filter((code) => code !== 'SHARD_ORDER_WRONG')).toEqual(codes);
  });

  it('finds an index that two of them give to two entries', async () => {
    const log = sound();
    const first = log.shard(0);
    const before = log.withShards([first]);
    const after = log.withShards([first, { treeId: '78', leaves: leaves('new', 3, time + 100) }]);
    after.loaded.set(first.treeId, first.leaves.length);
    first.leaves.push(...leaves('late', 2, time + 60));
    const urls = await served.at(before, after);
    const found = await served.audit(urls);
    expect(codesOf(found)).toEqual(['INDEX_TWICE', 'INSTANCE_STALE', 'LENGTH_STALE']);
    const twice = found.findings.kept.filter(({ code }) => code === 'INDEX_TWICE');
    expect(twice.map(({ where }) => where)).toEqual(['Index 25', 'Index 26']);
  });

  it('finds that they sign with different keys, and which of these clients trust', async () => {
    const one = sound();
    const other = new FakeLog(one.shards);
    const urls = await served.at(one, other);
    const pem = await (await fetch(`${urls[0] ?? ''}/api/v1/log/publicKey?treeID=77`)).text();
    const trustedKeys = readTrustedKeys(`${pem}\n${pem}`);
    const found = await served.audit(urls, { trustedKeys });
    expect(codesOf(found)).toEqual(['KEYS_DIFFER', 'KEY_NOT_TRUSTED']);
    expect(found.findings.kept.every(({ address }) => address === urls[1])).toBe(true);
    expect(() => readTrustedKeys('none')).toThrow('no PEM public key');
  });

  it('says which of them cannot be asked', async () => {
    const urls = await served.at(sound());
    const found = await served.audit([...urls, 'http://127.0.0.1:1']);
    expect(codesOf(found)).toEqual([]);
    expect(found.unasked).toMatchObject([{ address: 'http://127.0.0.1:1', optional: false }]);
  });
});
