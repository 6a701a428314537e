import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  newSigningKey,
  type RekorInstance,
  type RekorInstanceOptions,
  startRekor,
} from '../../lab/rekor-instance';
import { artifactSigner, hashedRekord } from '../../load/artifact';
import { onlyLog, readConfiguration } from '../../harness/configuration';
import { PATIENCE_MS } from '../../harness/waiting';
import { ensureBinaries } from '../../tools/binaries';
import { saidBy } from '../cli/recording-terminal';
import { useLog } from './use-log';

/** What an audit prints as JSON, as far as it is looked at here. */
interface Report {
  readonly sound: boolean;
  readonly faults: number;
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly found: readonly {
      readonly code: string;
      readonly fault: boolean;
      readonly some: readonly { where: string; what: string }[];
    }[];
  }[];
  readonly shards: readonly {
    readonly treeId: string;
    readonly firstIndex: number;
    readonly length: number;
  }[];
  readonly entriesRead: number;
  readonly consistencyProofs: number;
}

describe('the audit of a real log', () => {
  const log = useLog();
  const instances: RekorInstance[] = [];
  const signArtifact = artifactSigner();
  /** The trees of the log, the active one last. */
  let trees: string[];
  let checkpoints: string;

  /** An instance of the log beside its slots, with its key and name. */
  async function instance(other: Partial<RekorInstanceOptions>): Promise<RekorInstance> {
    const { rekorServer } = await ensureBinaries(() => undefined);
    const started = await startRekor({
      rekorServer,
      trillian: onlyLog(readConfiguration(log.lab.files.configuration)).section.trillian.address,
      treeId: trees.at(-1) ?? '',
      inactive: trees.slice(0, -1),
      directory: log.newDirectory(),
      signingKey: log.lab.files.signerKey,
      hostname: '127.0.0.1',
      ...other,
    });
    instances.push(started);
    return started;
  }

  async function audit(
    ...more: readonly string[]
  ): Promise<{ readonly code: number; readonly report: Report }> {
    const { code, output } = await saidBy(['audit', ...more, '--json']);
    return { code, report: JSON.parse(output) as Report };
  }

  /** Every kind that was found, but for what is no fault. */
  function faultsOf({ checks }: Report): string[] {
    return checks.flatMap(({ found }) => found.filter(({ fault }) => fault).map(({ code }) => code)).sort();
  }

  async function upload({ url }: Pick<RekorInstance, 'url'>, count: number): Promise<void> {
    for (let uploaded = 0; uploaded < count; uploaded += 1) {
      const response = await fetch(`${url}/api/v1/log/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: hashedRekord(signArtifact()),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    }
  }

  beforeAll(async () => {
    for (let write = 0; write < 7; write += 1) await log.expectWritable();
    const { signedTreeHead } = (await (await fetch(`${log.publicUrl}/api/v1/log`)).json()) as {
      signedTreeHead: string;
    };
    checkpoints = join(log.newDirectory(), 'checkpoint');
    writeFileSync(checkpoints, signedTreeHead);
    for (let write = 0; write < 5; write += 1) await log.expectWritable();
    const first = await log.rotate();
    for (let write = 0; write < 3; write += 1) await log.expectWritable();
    const second = await log.rotate();
    await log.expectWritable();
    trees = [first.currentTree, second.currentTree, second.nextTree].map((tree) => tree?.treeId ?? '');
  });

  afterEach(() => Promise.all(instances.splice(0).map((started) => started.stop())));

  it('finds nothing in a sound log of three shards, at its public address and each instance', async () => {
    const { current } = await log.serving();
    const another = await instance({});
    const urls = [log.publicUrl, log.slotUrls[current], another.url];
    const { code, report } = await audit(...urls, '--all', '--since-checkpoint', checkpoints);

    expect(faultsOf(report)).toEqual([]);
    expect([code, report.sound]).toEqual([0, true]);
    expect(report.shards.map(({ treeId }) => treeId)).toEqual(trees);
    expect(report.entriesRead).toBe(report.shards.reduce((sum, { length }) => sum + length, 0));
    expect(report.entriesRead).toBeGreaterThanOrEqual(17);
    expect(report.consistencyProofs).toBeGreaterThan(0);
    const stateOf = (name: string) => report.checks.find((check) => check.name === name)?.state;
    expect(['handovers', 'times', 'boundaries', 'consistency'].map(stateOf)).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
  });

  it('finds nothing in it by the name in the configuration either, while one slot is stopped', async () => {
    const { current, next } = await log.serving();
    const said = await saidBy(['audit', log.name, '-c', log.lab.files.configuration]);
    expect([said.code, said.words]).toEqual([0, expect.stringContaining('Sound: no fault found')]);
    expect(said.words).toContain('right for a slot that is stopped');
    expect(said.words).not.toContain('FAULT');
    expect([current, next].sort()).toEqual(['blue', 'green']);
  });

  it('is not misled by a treeLength in the sharding file, which Rekor does not use', async () => {
    const [first = '', ...others] = trees.slice(0, -1);
    const wrong = await instance({ inactive: [{ treeId: first, treeLength: 999_999 }, ...others] });
    expect(faultsOf((await audit(log.publicUrl, wrong.url)).report)).toEqual([]);
  });

  it.each<[string, string[], () => Promise<Partial<RekorInstanceOptions>>]>([
    ['that has lost a shard', ['SHARD_MISSING'], () => Promise.resolve({ inactive: trees.slice(0, 1) })],
    [
      'with the shards in another order',
      ['SHARD_ORDER_DIFFERS'],
      () => Promise.resolve({ inactive: trees.slice(0, -1).reverse() }),
    ],
    [
      'from before the last rotation',
      ['INSTANCE_STALE'],
      () => Promise.resolve({ treeId: trees[1] ?? '', inactive: trees.slice(0, 1) }),
    ],
    [
      'that signs a former shard with another key',
      ['KEYS_DIFFER'],
      () => {
        const signingKey = newSigningKey(log.newDirectory());
        const [first = '', ...others] = trees.slice(0, -1);
        return Promise.resolve({ inactive: [{ treeId: first, signingKey }, ...others] });
      },
    ],
  ])('finds an instance %s: %j', async (_what, codes, options) => {
    const planted = await instance(await options());
    const { code, report } = await audit(log.publicUrl, planted.url);
    expect([code, faultsOf(report)]).toEqual([7, codes]);
    // The log itself, read at the same time, has none.
    expect(JSON.stringify(report)).toContain(planted.url);
    expect((await audit(log.publicUrl)).code).toBe(0);
  });

  it('finds what is wrong with an instance alone by the order of times, a handover, a key and a checkpoint', async () => {
    const swapped = await instance({ inactive: trees.slice(0, -1).reverse() });
    expect(faultsOf((await audit(swapped.url)).report)).toEqual([
      'HANDOVER_OUT_OF_PLACE',
      'SHARD_ORDER_WRONG',
    ]);

    const short = await instance({ inactive: trees.slice(1, -1) });
    const missing = await audit(short.url, '--since-checkpoint', checkpoints);
    expect(faultsOf(missing.report)).toEqual(['CHECKPOINT_UNSERVED']);

    const signingKey = newSigningKey(log.newDirectory());
    const [first = '', ...others] = trees.slice(0, -1);
    const resigned = await instance({ inactive: [{ treeId: first, signingKey }, ...others] });
    const key = join(log.newDirectory(), 'key.pem');
    writeFileSync(key, await (await fetch(`${log.publicUrl}/api/v1/log/publicKey`)).text());
    expect(faultsOf((await audit(resigned.url, '--key', key)).report)).toEqual(['KEY_NOT_TRUSTED']);
    const kept = await audit(resigned.url, '--since-checkpoint', checkpoints);
    expect(faultsOf(kept.report)).toEqual(['CHECKPOINT_OF_OTHER_KEY']);
    // A key that was changed with a rotation looks the same.
    expect((await audit(resigned.url)).code).toBe(0);
  });

  it('finds two writers at once: a stale length, an index given twice, and afterwards the overlap (H40)', async () => {
    const [first, second] = [await log.trees.create('LOG'), await log.trees.create('LOG')];
    const before = await instance({ treeId: first, inactive: [] });
    await upload(before, 4);
    const after = await instance({ treeId: second, inactive: [first] });
    expect(faultsOf((await audit(after.url, before.url)).report)).toEqual(['INSTANCE_STALE']);

    await upload(after, 2);
    await pause(2_100); // Integration times are whole seconds, and two clocks may be one apart.
    await upload(before, 3);
    expect(faultsOf((await audit(after.url)).report)).toEqual(['LENGTH_STALE']);
    const { report } = await audit(after.url, before.url);
    expect(faultsOf(report)).toEqual(['INDEX_TWICE', 'INSTANCE_STALE', 'LENGTH_STALE']);
    const twice = report.checks.flatMap(({ found }) => found.filter(({ code }) => code === 'INDEX_TWICE'));
    expect(twice.flatMap(({ some }) => some.map(({ where }) => where))).toEqual(['Index 4', 'Index 5']);

    const restarted = await instance({ treeId: second, inactive: [first] });
    expect(faultsOf((await audit(restarted.url, '--all')).report)).toEqual(['OVERLAP']);
    const both = (await audit(restarted.url, after.url)).report;
    expect(faultsOf(both)).toEqual(['ENTRY_TWICE', 'INDEX_TWICE', 'LENGTH_STALE', 'OVERLAP']);
  });

  it('finds an entry that a proxy answers with in place of another', async () => {
    const { current } = await log.serving();
    const entry = await (await fetch(`${log.publicUrl}/api/v1/log/entries?logIndex=3`)).text();
    log.rekor[current].when({ path: /logIndex=5$/ }).answer({ status: 200, body: entry });
    log.rekor[current].when({ path: /entries\/retrieve$/ }).answer({ status: 501, body: '{}' });
    const { code, report } = await audit(log.publicUrl, '--all');
    expect([code, faultsOf(report)]).toEqual([7, ['INDEX_DIFFERS']]);
  });

  it('says what cannot be asked, and is wrong about nothing by that', async () => {
    const gone = await instance({});
    await gone.stop();
    const { code, report } = await audit(log.publicUrl, gone.url);
    expect([code, report.sound, faultsOf(report)]).toEqual([5, false, []]);
    expect(readFileSync(checkpoints, 'utf8')).toContain(trees[0] ?? '');
  });
});
