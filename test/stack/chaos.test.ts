import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCell, type CellRecord } from '../../chaos/cell';
import { nameOf, parts, type Cell } from '../../chaos/matrix';
import { steps } from '../../workflows/model/steps';
import { startRig, type Rig } from '../../chaos/rig';
import { until } from '../../lab/waiting';
import { ensureBinaries } from '../../tools/binaries';

const cell = (name: string): Cell => {
  const [fault, part, step, moment, workers] = name.split(' ');
  return { fault, part, step, moment, workers: Number(workers) } as Cell;
};

/** Of the whole matrix, which `npm run chaos` runs: each part and each step at least once. */
const sample = [
  'kill log-server createTree middle 1',
  'kill next stage middle 2',
  'kill gate hold end 1',
  'cut next start start 1',
  'kill database freeze middle 1',
  'stop signer verify middle 1',
  'kill temporal expose middle 2',
  'kill next confirm middle 1',
  'stop current settle start 1',
  'cut worker soak start 2',
].map(cell);

/** With another worker alive; and how long a killed one stays away in these tests, so that it is no help. Milliseconds. */
const TAKEN_OVER_WITHIN_MS = 5_000;
const AWAY_MS = 6_000;

const options = { forMs: 4_000, restartAfterMs: 0 };

describe('a log of which a part breaks in the middle of a rotation', () => {
  let directory: string;
  let rig: Rig;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
    const report = () => undefined;
    const binaries = await ensureBinaries(report, {});
    rig = await startRig({ directory, binaries, report, signal: new AbortController().signal });
  }, 300_000);

  afterAll(async () => {
    await rig.end();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  function expectUnharmed(record: CellRecord): void {
    const { problems, outcome, reason, steps: taken } = record;
    if (problems.length > 0) {
      throw new Error([`The rotation ended ${outcome}: ${reason}`, ...problems, ...taken].join('\n  '));
    }
    expect([record.lostEntries, record.signedTwice]).toEqual([0, 0]);
  }

  it('is sampled in every part and every step', () => {
    expect(new Set([...sample.map(({ part }) => part)])).toEqual(new Set(parts));
    expect(new Set([...sample.map(({ step }) => step)])).toEqual(new Set(steps));
  });

  it.each(sample.map((each) => [nameOf(each), each] as const))(
    'loses nothing and takes writes again: %s',
    async (_name, each) => {
      expectUnharmed(await runCell(rig, each, options));
    },
    240_000,
  );

  it('goes on or is taken back within 5 s by another worker, when one is killed in the critical section (H21)', async () => {
    const killed = cell('kill worker freeze end 2');
    let takenOverMs = Infinity;
    const record = await runCell(rig, killed, {
      ...options,
      restartAfterMs: AWAY_MS,
      afterFault: async (at) => {
        await until('an end of the critical section', AWAY_MS, sectionEnded);
        takenOverMs = Date.now() - at;
      },
    });

    expectUnharmed(record);
    expect(takenOverMs).toBeLessThanOrEqual(TAKEN_OVER_WITHIN_MS);
  }, 240_000);

  it('heals by itself when its only worker is killed in the hold, and the restarted one ends it (H15)', async () => {
    const killed = cell('kill worker hold end 1');
    const modes: string[] = [];
    const record = await runCell(rig, killed, {
      ...options,
      restartAfterMs: AWAY_MS,
      afterFault: async () => {
        await until('the gate to heal', AWAY_MS, async () => {
          const { mode } = await rig.gateItself.state();
          modes.push(mode);
          return mode === 'healing';
        });
      },
    });

    expectUnharmed(record);
    expect(modes[0]).toBe('hold');
    // Writes go on while nobody is there who could have said so.
    expect(record.clients.firstAcknowledgedMs).toBeLessThan(AWAY_MS);
  }, 240_000);

  it('has looked at what every instance signed', () => {
    expect(rig.signed.size).toBeGreaterThanOrEqual(rig.recorder.acknowledged().length);
    expect(rig.signed.signedTwice()).toEqual([]);
  });

  /** Writes wait no longer, and exactly one tree takes them. */
  async function sectionEnded(): Promise<boolean> {
    const [{ mode }, trees] = await Promise.all([rig.gateItself.state(), rig.trees.list()]);
    return mode === 'pass' && trees.filter(({ tree_state }) => tree_state === 'ACTIVE').length === 1;
  }
});
