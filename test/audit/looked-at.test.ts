import { readCheckpoints } from '../../audit/kept-checkpoints';
import { catalogue } from '../../audit/model/catalogue';
import { checklist, type Check } from '../../audit/model/checklist';
import type { Audit } from '../../audit/model/facts';
import { entryId, FakeLog, ok } from '../activities/verification/fake-log';
import { hashedRekord } from '../activities/verification/leaves';
import { codesOf, Served } from './served';
import { leaves, sound, time } from './sound-log';

const served = new Served();
afterEach(() => served.close());

function check(audit: Audit, name: Check['name']): Pick<Check, 'state' | 'said'> {
  const found = checklist(audit).find((one) => one.name === name);
  if (!found) throw new Error(`There is no check ${name}.`);
  return found;
}

const onlyEnds = { sample: 0, reading: { kind: 'sample' } } as const;

describe('kept checkpoints', () => {
  const log = (): FakeLog => new FakeLog([{ treeId: '77', leaves: leaves('long', 120, time) }]);
  const notes = (of: FakeLog): string[] =>
    Array.from({ length: 100 }, (_, size) => {
      const kept = { treeId: '77', leaves: of.shard(0).leaves.slice(0, size + 1) };
      return of.tree(kept).signedTreeHead;
    });

  it('are all proven, however many there are', async () => {
    const one = log();
    const urls = await served.at(one);
    const checkpoints = readCheckpoints(notes(one).join('\n'));
    const found = await served.audit(urls, { ...onlyEnds, checkpoints });
    expect(codesOf(found)).toEqual([]);
    expect(found).toMatchObject({ consistencyProofs: 100, checkpoints: 100, checkpointsProven: 100 });
    expect(check(found, 'consistency')).toMatchObject({
      state: 'ok',
      said: 'the log extends 100 checkpoints of yours; 100 proofs of growth in all',
    });
  });

  it('are found wrong at any place', async () => {
    const one = log();
    const checkpoints = readCheckpoints(
      [...notes(one).slice(0, 97), one.checkpoint('77', 98, Buffer.alloc(32, 1))].join('\n'),
    );
    const found = await served.audit(await served.at(one), { ...onlyEnds, checkpoints });
    expect([codesOf(found), found.checkpointsProven]).toEqual([['NOT_APPEND_ONLY'], 0]);
  });

  it('are not said to be proven where there is nothing to prove them by', async () => {
    const one = sound();
    one.lie = (path, honest) => (path.includes('/publicKey?treeID=6826') ? ok('none') : honest);
    const kept = one.tree({ ...one.shard(0), leaves: one.shard(0).leaves.slice(0, 5) }).signedTreeHead;
    const found = await served.audit(await served.at(one), { checkpoints: readCheckpoints(kept) });
    expect(check(found, 'consistency')).toMatchObject({
      state: 'unasked',
      said: expect.stringContaining('0 of 1 checkpoint') as string,
    });
  });
});

it('finds a head beside an entry that the tree does not extend', async () => {
  const log = sound();
  const active = log.shard(-1);
  const other = log.withShards([
    ...log.shards.slice(0, -1),
    { ...active, leaves: [...active.leaves, ...leaves('rewritten', 2, time + 300)] },
  ]);
  log.lie = (path, honest) => {
    if (!path.endsWith('logIndex=30')) return honest;
    if (active.leaves.length < 20) active.leaves.push(...leaves('new', 6, time + 300));
    return ok(other.entry(other.shard(-1), 4));
  };
  const found = await served.audit(await served.at(log), { sample: 30 });
  expect(codesOf(found)).toEqual(['NOT_APPEND_ONLY']);
});

describe('a rotation that is under way', () => {
  it('is no stale length when that is over a moment later', async () => {
    const log = sound();
    log.loaded.set(log.shard(0).treeId, 25);
    log.shard(0).leaves.push(hashedRekord('late', time + 30));
    log.lie = (path, honest) => {
      // What stands behind the last one is asked for at the end.
      if (path.endsWith('logIndex=40')) log.loaded.clear();
      return honest;
    };
    const found = await served.audit(await served.at(log));
    expect([codesOf(found), found.entriesRead]).toEqual([[], 41]);
    expect(served.slept).toContain(5000);
  });

  it('may open a tree while the log is read, which is then said', async () => {
    const log = sound();
    const opened = { treeId: '78', leaves: leaves('new', 1, time + 300) };
    const other = log.withShards([...log.shards, opened]);
    const { shards } = other;
    let isOpen = false;
    log.lie = (path, honest) => {
      if (path.endsWith('logIndex=40')) {
        isOpen = true;
        return ok(other.entry(opened, 0));
      }
      if (path !== '/api/v1/log' || !isOpen) return honest;
      const [active, ...inactive] = [opened, ...shards.slice(0, -1)].map((shard) => other.tree(shard));
      return ok({ ...active, inactiveShards: inactive });
    };
    const [url = ''] = await served.at(log);
    const pem = await (await fetch(`${url}/api/v1/log/publicKey?treeID=77`)).text();
    const { lie } = log;
    log.lie = (path, honest) => (path.endsWith('publicKey?treeID=78') ? ok(pem) : lie(path, honest));
    const found = await served.audit([url]);
    expect([codesOf(found), found.rotatedMeanwhile]).toEqual([[], true]);
  });

  it.each([
    'INSTANCE_STALE',
    'PROCESSES_DIFFER',
    'LENGTH_STALE',
    'LENGTHS_DIFFER',
    'ENTRY_AFTER_END',
  ] as const)('is named first in what to do about %s', (code) => {
    expect(catalogue[code].remedy).toMatch(/^If a rotation is running, leave all as it is and ask again/);
  });

  it('is not all that a stale length may come from: so may the sharding file', () => {
    expect(catalogue.LENGTH_STALE.remedy).toMatch(
      /1\.4\.0 a `treeLength`.*a restart changes nothing.*with care/,
    );
  });
});

describe('the checklist', () => {
  it('says of no length that it was seen where checkpoints are signed anew', async () => {
    const log = sound();
    log.signsAnew = true;
    const found = await served.audit(await served.at(log));
    expect(codesOf(found)).toEqual([]);
    expect(check(found, 'lengths')).toMatchObject({
      state: 'unasked',
      said: expect.stringMatching(/^of 3 inactive shards the length cannot be seen/) as string,
    });
    expect(check(await served.audit(await served.at(sound())), 'lengths').state).toBe('ok');
  });

  it('says of nothing that it was compared where several processes answer', async () => {
    const log = sound();
    let asked = 0;
    log.lie = (path, honest) => {
      if (path !== '/api/v1/log') return honest;
      const body = honest.body as { inactiveShards: object[] };
      return (asked += 1) % 2 === 1 ? honest : ok({ ...body, inactiveShards: body.inactiveShards.slice(1) });
    };
    const found = await served.audit(await served.at(log));
    const states = checklist(found).filter(({ state }) => state === 'ok' || state === 'fault');
    // The keys were asked for, tree by tree.
    expect(states.map(({ name, state }) => [name, state])).toEqual([
      ['shards', 'fault'],
      ['keys', 'ok'],
    ]);
    expect(check(found, 'boundaries').said).toContain('0 of 3');
    expect(check(found, 'lengths').said).toContain('nothing was compared');
  });

  it('counts the boundaries and times that were read, and no others', async () => {
    const log = sound();
    log.lie = (path, honest) => (path.includes('logIndex=25') ? { status: 404, body: {} } : honest);
    const found = await served.audit(await served.at(log));
    expect(found).toMatchObject({ boundaries: 3, boundariesRead: 1, neighboursCompared: 1 });
    expect(check(found, 'boundaries').state).toBe('fault');
  });
});

it('asks for a few of the entries that a search index names, and says of how many it did not', async () => {
  const log = sound();
  const many = Array.from({ length: 200 }, (_, number) => entryId('77', Buffer.from(`other ${number}`)));
  const looked = new Set<string>();
  log.lie = (path, honest) => {
    if (path.endsWith('/index/retrieve')) return ok(many);
    if (many.some((id) => path.endsWith(id))) looked.add(path);
    return honest;
  };
  const found = await served.audit(await served.at(log));
  expect(codesOf(found)).toEqual(['SEARCH_DANGLING', 'SEARCH_INCOMPLETE']);
  expect([looked.size, found.idsNotAsked]).toEqual([10, found.searched * 190]);
  expect(check(found, 'search').said).toContain(`${found.idsNotAsked} more were not asked for`);
});

it('shows nothing of a log to a terminal that the terminal would act upon', async () => {
  const log = sound();
  const evil = `\u001b[2J\u009b1m\u202e${'x'.repeat(5000)}\n14\n`;
  log.lie = (path, honest) =>
    path === '/api/v1/log'
      ? ok({ ...(honest.body as object), signedTreeHead: `${evil}\n\n— ${evil}` })
      : honest;
  const found = await served.audit(await served.at(log));
  const said = found.findings.kept.map(({ where, what }) => where + what);
  expect(said.join()).toContain('\\u001b[2J');
  for (const text of said) {
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text.length).toBeLessThan(900);
  }
});
