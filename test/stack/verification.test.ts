import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RefusalError } from '../../activities/errors/refusal-error';
import { logVerifier } from '../../activities/verification/verification';
import { artifactSigner, hashedRekord } from '../../load/artifact';
import { startRekor, type RekorInstance } from '../../lab/rekor-instance';
import { ensureBinaries } from '../../tools/binaries';
import type { Shard } from '../../workflows/model/log';
import type { VerificationReport } from '../../workflows/model/evidence';
import { onlyLog, readConfiguration } from '../../harness/configuration';
import { startLab } from '../../harness/lab-process';
import { trillianTrees } from '../../harness/trillian-trees';
import { PATIENCE_MS } from '../../harness/waiting';

/**
 * A real log that was rotated by hand, without a freeze: the tree `first` still takes writes through the Rekor
 * that was started before. Trees of this test's own, with Rekor processes of their own.
 */
describe('the verification of a real log', () => {
  let before: RekorInstance;
  let start: (active: string, inactive: readonly string[]) => Promise<RekorInstance>;
  let first: string;
  let empty: string;
  let active: string;
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    const lab = await startLab();
    ends.push(() => lab.end());
    const { address } = onlyLog(readConfiguration(lab.files.configuration)).section.trillian;
    const directory = join(lab.files.directory, 'verification');
    mkdirSync(directory);
    const { rekorServer } = await ensureBinaries(() => undefined);
    start = async (treeId, inactive) => {
      const instance = await startRekor({ rekorServer, trillian: address, treeId, inactive, directory });
      ends.push(() => instance.stop());
      return instance;
    };
    const trees = trillianTrees(address);
    ends.push(() => trees.close());
    first = await trees.create('LOG');
    empty = await trees.create('LOG');
    active = await trees.create('LOG');
    before = await start(first, []);
    await upload(before, 6);
  });

  afterAll(async () => {
    for (const end of ends.splice(0).reverse()) {
      await end();
    }
  });

  const verify = (
    instance: RekorInstance,
    activeTreeId: string,
    inactive: readonly Shard[],
  ): Promise<VerificationReport> =>
    logVerifier({ log: 'lab', clockDifferenceMs: 0 }).verify(
      { address: { url: instance.url, field: 'publicUrl' }, activeTreeId, inactive, sampleEntries: 20 },
      AbortSignal.timeout(PATIENCE_MS),
    );
  const shards = (length: number): Shard[] => [
    { treeId: first, length },
    { treeId: empty, length: 0 },
  ];

  it('proves every shard, an empty one among them, while the active tree is empty and while it grows', async () => {
    const next = await start(active, [first, empty]);
    expect(await verify(next, active, shards(6))).toMatchObject({ entriesVerified: 6, withoutBundle: 0 });

    await upload(next, 3);
    const [report] = await Promise.all([verify(next, active, shards(6)), upload(next, 5)]);
    const last = report.shards.at(-1);
    expect(report).toMatchObject({
      entriesVerified: 6 + (last?.length ?? 0),
      proofsVerified: 3 * report.entriesVerified,
      withoutBundle: 0,
    });
    expect(last?.length).toBeGreaterThanOrEqual(3);
  });

  it('finds shards in another order, a tree that is missing, and a length that is not the end', async () => {
    const swapped = await start(active, [empty, first]);
    expect(await refusalOf(verify(swapped, active, shards(6)))).toMatch(
      /The shard list .* its inactive shards are/,
    );
    expect(await refusalOf(verify(before, active, shards(6)))).toMatch(/its active tree is/);
    expect(await refusalOf(verify(swapped, active, [...shards(5)].reverse()))).toMatch(/6 entries, not 5/);
  });

  it('finds the instance that loaded a tree before its last write, and after its restart the overlap (H29, H40)', async () => {
    const stale = await start(active, [first, empty]);
    await pause(1_100); // Integration times are whole seconds.
    await upload(before, 2);
    expect(await refusalOf(verify(stale, active, shards(8)))).toMatch(
      /Inactive shard \d+ .* it loaded or signed 6 entries, but the tree has 8 now/,
    );

    const restarted = await start(active, [first, empty]);
    expect(await refusalOf(verify(restarted, active, shards(8)))).toMatch(
      /The boundary at index 8 .* both took writes at once/,
    );
  });
});

const signArtifact = artifactSigner();

/** Uploads that many artifacts, one after the other. */
async function upload(instance: RekorInstance, count: number): Promise<void> {
  for (let uploaded = 0; uploaded < count; uploaded += 1) {
    const response = await fetch(`${instance.url}/api/v1/log/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: hashedRekord(signArtifact()),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status !== 201) {
      throw new Error(`an upload was answered ${response.status}: ${await response.text()}`);
    }
    await response.arrayBuffer();
  }
}

async function refusalOf(verification: Promise<unknown>): Promise<string> {
  const error: unknown = await verification.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusalError)) {
    throw new Error('nothing was refused', { cause: error });
  }
  expect(error.refusal.code).toBe('VERIFICATION_FAILED');
  return error.refusal.message;
}
