import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { connectTrillian, type TrillianClient } from '../../activities/clients/trillian';
import { startLoad } from '../../load/load';
import { createRecorder, type Recorder } from '../../load/recorder';
import { startRekor, type RekorInstance } from '../../lab/rekor-instance';
import { ensureBinaries, type Binaries } from '../../tools/binaries';
import type { TreeId } from '../../workflows/model/log';
import { onlyLog, readConfiguration } from '../../harness/configuration';
import { startLab, type LabProcess } from '../../harness/lab-process';
import { startRoundRobin } from './round-robin';
import { PATIENCE_MS, until } from '../../harness/waiting';

let directory: string;
let binaries: Binaries;
let lab: LabProcess;
let trillianAddress: string;
let trillian: TrillianClient;
let instances: RekorInstance[];

beforeAll(async () => {
  binaries = await ensureBinaries(() => undefined);
  lab = await startLab();
  trillianAddress = onlyLog(readConfiguration(lab.files.configuration)).section.trillian.address;
  trillian = connectTrillian({ log: 'negative control', address: trillianAddress });
  directory = mkdtempSync(join(lab.files.directory, 'control-'));
});

beforeEach(() => {
  instances = [];
});

afterEach(() => Promise.all(instances.map((instance) => instance.stop())));

afterAll(async () => {
  trillian.close();
  await lab.end();
});

function bounded(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) };
}

async function newTree(): Promise<TreeId> {
  const { treeId } = await trillian.createTree(
    { displayName: 'control', description: 'Negative control.', maxRootDurationMs: 0 },
    bounded(),
  );
  await trillian.initLog(treeId, bounded());
  return treeId;
}

async function start(treeId: TreeId, inactive: readonly TreeId[] = []): Promise<RekorInstance> {
  const { rekorServer } = binaries;
  const instance = await startRekor({ rekorServer, trillian: trillianAddress, treeId, inactive, directory });
  instances.push(instance);
  return instance;
}

/** Writes through `url` until at least so many entries of each of these trees are acknowledged. */
async function writeUntil(
  recorder: Recorder,
  url: string,
  entries: number,
  trees: readonly TreeId[],
): Promise<void> {
  const load = startLoad({ url, recorder, readsPerSecond: 0 });
  await untilAcknowledged(recorder, entries, trees);
  await load.stop();
}

async function untilAcknowledged(
  recorder: Recorder,
  entries: number,
  trees: readonly TreeId[],
): Promise<void> {
  const since = recorder.acknowledged().length;
  await until(`${entries} acknowledgements of each of ${trees.join(' and ')}`, PATIENCE_MS, () => {
    const latest = recorder.acknowledged().slice(since);
    return trees.every((tree) => latest.filter(({ treeId }) => treeId === tree).length >= entries);
  });
}

describe('the recorder, against procedures that break a log', () => {
  it('reports indexes acknowledged twice after a rolling restart onto the next tree without a freeze (H37)', async () => {
    const [current, next] = [await newTree(), await newTree()];
    const [first, second] = [await start(current), await start(current)];
    const service = await startRoundRobin([first.url, second.url]);
    const recorder = createRecorder();
    const load = startLoad({ url: service.url, recorder });
    try {
      await untilAcknowledged(recorder, 10, [current]);
      const firstOnNext = await start(next, [current]);
      service.send([firstOnNext.url, second.url]);
      await untilAcknowledged(recorder, 5, [current, next]);
      const secondOnNext = await start(next, [current]);
      service.send([firstOnNext.url, secondOnNext.url]);
      await untilAcknowledged(recorder, 5, [next]);
    } finally {
      await load.stop();
      await service.end();
    }
    const settled = await start(next, [current]);
    const report = await recorder.check(settled.url);
    expect(report.duplicateIndexes).toBeGreaterThan(0);
    expect(report.wrong.join('\n')).toMatch(/index \d+ was acknowledged for/);
  });

  it('reports every entry of a shard that is missing from the sharding file as lost (H37)', async () => {
    const [current, next] = [await newTree(), await newTree()];
    const recorder = createRecorder();
    await writeUntil(recorder, (await start(current)).url, 10, [current]);
    await trillian.setState(current, 'DRAINING', bounded());
    await trillian.setState(current, 'FROZEN', bounded());
    const ofCurrent = recorder.acknowledged().length;
    const complete = await start(next, [current]);
    await writeUntil(recorder, complete.url, 5, [next]);
    const acknowledged = recorder.acknowledged().length;
    const whole = {
      acknowledged,
      lostEntries: 0,
      duplicateIndexes: 0,
      proofsVerified: acknowledged,
      wrong: [],
    };
    expect(await recorder.check(complete.url)).toEqual(whole);

    const withoutShard = await start(next, []);
    const report = await recorder.check(withoutShard.url);
    expect(report.lostEntries).toBe(acknowledged); // Those of next are served, but at other indexes.
    expect(report.proofsVerified).toBe(acknowledged - ofCurrent);
    expect(report.duplicateIndexes).toBe(0);
  });
});
