import { startLoad, type Load, type LoadOptions } from '../../load/load';
import { createRecorder, type Recorder } from '../../load/recorder';
import { fakeRekor, type FakeRekor } from './fake-rekor';

let rekor: FakeRekor;
let recorder: Recorder;
let load: Load;

beforeEach(async () => {
  rekor = await fakeRekor();
  recorder = createRecorder();
});

afterEach(async () => {
  await load.stop();
  await rekor.close();
});

function start(rates: Pick<LoadOptions, 'writesPerSecond' | 'readsPerSecond'>): void {
  load = startLoad({ url: rekor.url, recorder, ...rates });
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the load', () => {
  it('records every acknowledged write and counts no failure against a log that answers the truth', async () => {
    start({ writesPerSecond: 200, readsPerSecond: 200 });
    await until(() => load.acknowledged() >= 20 && load.summary().reads.attempted >= 20);
    const summary = await load.stop();
    expect(summary.failures).toEqual([]);
    expect(summary.writes.attempted).toBe(recorder.acknowledged().length);
    expect(summary.writes.failed + summary.reads.failed).toBe(0);
    expect(await recorder.check(rekor.url)).toMatchObject({ lostEntries: 0, wrong: [] });
  });

  it.each([409, 500, 503])(
    'counts a write that is answered %d as failed, and does not send it again',
    async (status) => {
      let refused = 0;
      rekor.refuse = () => {
        refused += 1;
        return { status, body: 'no' };
      };
      start({ writesPerSecond: 200, readsPerSecond: 0 });
      await until(() => load.failures().length >= 3);
      const { writes, failures } = await load.stop();
      expect(writes.failed).toBe(writes.attempted);
      expect(refused).toBe(writes.attempted);
      expect(failures[0]).toMatchObject({ request: 'POST /api/v1/log/entries', status, body: 'no' });
      expect(load.acknowledged()).toBe(0);
    },
  );

  it('counts a broken connection as failed', async () => {
    start({ writesPerSecond: 100, readsPerSecond: 0 });
    await until(() => load.acknowledged() >= 2);
    await rekor.close();
    await until(() => load.failures().length > 0);
    expect(load.failures()[0]).toMatchObject({ status: null });
  });

  it('counts an acknowledgement after 5 s as failed, and still records what it promises', async () => {
    rekor.delayAnswers(5_100);
    start({ writesPerSecond: 5, readsPerSecond: 0 });
    await until(() => load.summary().writes.attempted > 0);
    const { writes, failures } = await load.stop();
    expect(writes.failed).toBe(writes.attempted);
    expect(load.acknowledged()).toBe(writes.attempted);
    expect(failures[0]).toMatchObject({ status: 201 });
    const [, ms = ''] = /^answered after (\d+) ms$/.exec(failures[0]?.body ?? '') ?? [];
    expect(Number(ms)).toBeGreaterThanOrEqual(5_100);
  });

  it('counts a read as failed that answers another entry than was acknowledged', async () => {
    start({ writesPerSecond: 100, readsPerSecond: 100 });
    await until(() => load.acknowledged() >= 5);
    rekor.bend = (answer) => ({ ...answer, logIndex: answer.logIndex + 1 });
    await until(() => load.failures().length > 0);
    const { reads, writes } = await load.stop();
    expect(reads.failed).toBeGreaterThan(0);
    expect(writes.failed).toBe(0);
  });

  it('asks for entries by index, UUID and entry id, for the log and for proofs in equal shares', async () => {
    const asked = rekor.asked;
    start({ writesPerSecond: 200, readsPerSecond: 0 });
    await until(() => load.acknowledged() >= 3);
    await load.stop();
    start({ writesPerSecond: 0, readsPerSecond: 400 });
    await until(() => asked.length >= 20);
    await load.stop();
    const kinds = [
      /logIndex=\d+$/,
      /entries\/[0-9a-f]{64}$/,
      /entries\/[0-9a-f]{80}$/,
      /\/log$/,
      /\/proof\?firstSize=/,
    ];
    expect(kinds.map((kind) => asked.slice(0, 20).filter((path) => kind.test(path)).length)).toEqual([
      4, 4, 4, 4, 4,
    ]);
  });

  it('counts acknowledgements since a time', async () => {
    start({ writesPerSecond: 200, readsPerSecond: 0 });
    await until(() => load.acknowledged() >= 5);
    await load.stop();
    const third = recorder.acknowledged()[2];
    expect(load.writesAcknowledgedSince(0)).toBe(load.acknowledged());
    expect(load.writesAcknowledgedSince((third?.at ?? 0) + 60_000)).toBe(0);
  });
});
