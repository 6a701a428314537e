import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEntry } from '../../load/entry';
import { createRecorder, type Recorder } from '../../load/recorder';
import { fakeRekor, type FakeAnswer, type FakeRekor } from './fake-rekor';

const ENTRIES = 11;

let rekor: FakeRekor;
let recorder: Recorder;

beforeEach(async () => {
  rekor = await fakeRekor();
  recorder = createRecorder();
});

afterEach(() => rekor.close());

async function write(text: string): Promise<void> {
  const response = await fetch(`${rekor.url}/api/v1/log/entries`, { method: 'POST', body: text });
  const entry = readEntry(await response.text());
  const { entryId, treeId, uuid, logIndex } = entry;
  recorder.record({ entryId, treeId, uuid, logIndex, entry, at: Date.now() });
}

async function writeSome(): Promise<void> {
  for (let number = 0; number < ENTRIES; number += 1) await write(`entry ${number}`);
}

function bendOne(index: number, bend: (answer: FakeAnswer) => FakeAnswer | null): void {
  rekor.bend = (answer) => (answer.leafIndex === index ? bend(answer) : answer);
}

describe('the recorder', () => {
  it('finds nothing wrong with a log that keeps every entry, and verifies the proof of each (H37)', async () => {
    await writeSome();
    expect(await recorder.check(rekor.url)).toEqual({
      acknowledged: ENTRIES,
      lostEntries: 0,
      duplicateIndexes: 0,
      proofsVerified: ENTRIES,
      wrong: [],
    });
  });

  it('reports an entry that the log no longer has as lost, and its proof as unverified (H37)', async () => {
    await writeSome();
    bendOne(4, () => null);
    const report = await recorder.check(rekor.url);
    expect(report).toMatchObject({ lostEntries: 1, duplicateIndexes: 0, proofsVerified: ENTRIES - 1 });
    expect(report.wrong.join()).toContain('acknowledged at 4: /api/v1/log/entries?logIndex=4 answers 404');
  });

  it('reports an entry that the log now serves at another index as lost (H37)', async () => {
    await writeSome();
    bendOne(4, (answer) => ({ ...answer, logIndex: 9 }));
    const report = await recorder.check(rekor.url);
    expect(report).toMatchObject({ lostEntries: 1, proofsVerified: ENTRIES });
    expect(report.wrong.join()).toContain('answers index 9');
  });

  it('reports an entry whose index now answers another entry as lost (H37)', async () => {
    await writeSome();
    bendOne(4, (answer) => ({
      ...answer,
      entryId: answer.entryId.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    }));
    expect(await recorder.check(rekor.url)).toMatchObject({ lostEntries: 1 });
  });

  it('reports another body under the same id as lost, and does not take its proof (H37)', async () => {
    await writeSome();
    bendOne(4, (answer) => ({ ...answer, body: Buffer.from('forged').toString('base64') }));
    const report = await recorder.check(rekor.url);
    expect(report).toMatchObject({ lostEntries: 1, proofsVerified: ENTRIES - 1 });
    expect(report.wrong.join()).toContain('does not hash to its UUID');
  });

  const bentProofs: [string, (answer: FakeAnswer) => FakeAnswer, string][] = [
    [
      'a proof with a wrong hash',
      (answer) => ({
        ...answer,
        hashes: answer.hashes.map((hash) => hash.replace(/^./, (d) => (d === 'a' ? 'b' : 'a'))),
      }),
      'does not lead to the root',
    ],
    ['a proof for another position', (answer) => ({ ...answer, leafIndex: 5 }), 'does not lead to the root'],
    [
      'a checkpoint of another size, though signed',
      (answer) => ({
        ...answer,
        checkpoint: rekor.checkpoint(ENTRIES + 1, Buffer.from(answer.rootHash, 'hex')),
      }),
      'its checkpoint for 12',
    ],
    [
      'a checkpoint of another root, though signed',
      (answer) => ({ ...answer, checkpoint: rekor.checkpoint(ENTRIES, Buffer.alloc(32)) }),
      'does not lead to the root',
    ],
    [
      'a checkpoint of another tree',
      (answer) => ({ ...answer, checkpoint: answer.checkpoint.replace('6826284441047790130', '17') }),
      'not signed',
    ],
    [
      'a checkpoint with a signature of somebody else',
      (answer) => ({
        ...answer,
        checkpoint: answer.checkpoint.replace(/\S+\n$/, (signature) => {
          const bytes = Buffer.from(signature, 'base64');
          bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
          return `${bytes.toString('base64')}\n`;
        }),
      }),
      'not signed',
    ],
  ];

  it.each(bentProofs)('does not take %s (H37)', async (_what, bend, said) => {
    await writeSome();
    bendOne(4, bend);
    const report = await recorder.check(rekor.url);
    expect(report).toMatchObject({ lostEntries: 0, proofsVerified: ENTRIES - 1 });
    expect(report.wrong.join()).toContain(said);
  });

  it('reports an index that two entries were acknowledged with as a duplicate (H37)', async () => {
    await writeSome();
    rekor.shiftIndexes(-1);
    await write('one too many');
    const report = await recorder.check(rekor.url);
    expect(report).toMatchObject({ acknowledged: ENTRIES + 1, duplicateIndexes: 1, lostEntries: 1 });
    expect(report.wrong[0]).toContain('index 10 was acknowledged for');
  });

  it('reports an index that an entry had before which is not asked for any more', async () => {
    await writeSome();
    const [first] = recorder.acknowledged();
    if (!first) throw new Error('nothing was acknowledged');
    const other = { ...first, entryId: first.entryId.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) };
    const apart = { ...other, logIndex: 4_711 };
    const check = await recorder.check(rekor.url, { earlier: [other, apart, apart] });
    expect(check).toMatchObject({ acknowledged: ENTRIES, duplicateIndexes: 1, lostEntries: 0 });
    expect(check.wrong).toEqual([expect.stringContaining(`index ${first.logIndex} was acknowledged for`)]);
  });

  it('reports a promise that the log never signed (H37)', async () => {
    await writeSome();
    const [first] = recorder.acknowledged();
    if (!first?.entry) throw new Error('nothing was acknowledged');
    recorder.record({ ...first, entry: { ...first.entry, integratedTime: 1 } });
    const report = await recorder.check(rekor.url);
    expect(report.proofsVerified).toBe(ENTRIES);
    expect(report.wrong.join()).toContain('its promise is not signed');
  });

  it('keeps each acknowledgement as a line of JSON when it is given a file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'recorder-'));
    const file = join(directory, 'acknowledged.jsonl');
    recorder = createRecorder({ file });
    await writeSome();
    recorder.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(recorder.acknowledged());
    rmSync(directory, { recursive: true });
  });
});
