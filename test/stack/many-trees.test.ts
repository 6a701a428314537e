import type { LoadSummary } from '../../load/load';
import type { RotationResult } from '../../workflows/model/result';
import { useLog } from './use-log';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectOutcome } from './outcome';

/** More than one answer of ours may have: what the signer shows of so many trees is read all the same. */
const PAGE_BYTES = 16 * 1024 * 1024;

/** Some 140 KB of the page each. */
const TREES = 125;

/** Trees of others on the same Trillian, which its signer has seen open (google/trillian: 5 histograms for each). */
const log = useLog({
  // Not ten passes a second over so many trees: that would take a processor from the tests beside this one.
  lab: { signerFlags: ['--sequencer_interval=500ms'] },
  rotation: { attempts: 1 },
});

beforeAll(async () => {
  const atATime = 5;
  for (let made = 0; made < TREES; made += atATime) {
    await Promise.all(Array.from({ length: atATime }, () => log.trees.create('LOG')));
  }
  await until(
    'the page of a signer that has seen them',
    PATIENCE_MS,
    async () => (await pageBytes()) > PAGE_BYTES,
  );
});

async function pageBytes(): Promise<number> {
  const page = await fetch(log.section.trillian.signerMetrics[0] ?? '');
  return (await page.arrayBuffer()).byteLength;
}

async function rotateUnderLoad(): Promise<{
  readonly result: RotationResult;
  readonly summary: LoadSummary;
}> {
  const load = log.load();
  for (;;) {
    const result = await log.rotate();
    // Beside so many trees a busy machine may not answer a preflight in time. That changes nothing, and is no verdict here.
    if (!result.refusals.some(({ code }) => code.endsWith('_UNREACHABLE'))) {
      return { result, summary: await load.stop() };
    }
  }
}

it('does not matter to a rotation with a database', async () => {
  const { result, summary } = await rotateUnderLoad();
  expectOutcome(result, 'completed');
  expect(summary.failures).toEqual([]);
  await log.expectNothingLost();
});

it('is measured without one, and refused before any write waits', async () => {
  await log.reconfigure((section) => {
    delete section.trillian.database;
    section.rotation = { ...section.rotation, criticalSection: '2.5s' };
    // The file alone leaves 10 ms of it, so whatever these pages cost is too much, on any machine.
    section.trillian.clockDifference = '1740ms';
  });
  const before = await log.snapshot();
  const { result, summary } = await rotateUnderLoad();
  expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'DRAIN_DOES_NOT_FIT' }] });
  expect(result.reason).toMatch(/reads pages of up to 1\d\.\d MB, which takes \d+ ms/);
  expect(log.gate.calls.filter(({ path }) => path.startsWith('/order/'))).toEqual([]);
  expect((await log.snapshot()).trees).toEqual(before.trees);
  expect(summary.failures).toEqual([]);
  await log.expectNothingLost();
});
