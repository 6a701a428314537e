import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCell, type CellOptions, type CellRecord } from '../../chaos/cell';
import { nameOf, parts, type Cell } from '../../chaos/matrix';
import { stepNames } from '../../workflows/rotation';
import { startRig, type Rig } from '../../chaos/rig';
import { PATIENCE_MS, until } from '../../harness/waiting';

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

/**
 * How long anything is waited for, in milliseconds: so long that only what never comes is given up. How long writes wait is
 * for `npm run chaos` to say, on a machine that does nothing else.
 */

const options = { forMs: 4_000, restartAfter: 0, writableWithinMs: PATIENCE_MS };

describe('a log of which a part breaks in the middle of a rotation', () => {
  let directory: string;
  let rig: Rig;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
    rig = await startRig({ directory, database: 'postgresql', signal: new AbortController().signal });
  });

  afterAll(async () => {
    await rig.end();
    rmSync(directory, { recursive: true, force: true });
  });

  function expectUnharmed(record: CellRecord): void {
    const { problems, outcome, reason, steps: taken } = record;
    if (problems.length > 0) {
      throw new Error([`The rotation ended ${outcome}: ${reason}`, ...problems, ...taken].join('\n  '));
    }
    expect([record.lostEntries, record.signedTwice]).toEqual([0, 0]);
  }

  it('is sampled in every part and every step', () => {
    expect(new Set([...sample.map(({ part }) => part)])).toEqual(new Set(parts));
    expect(new Set([...sample.map(({ step }) => step)])).toEqual(new Set(stepNames));
  });

  it.each(sample.map((each) => [nameOf(each), each] as const))(
    'loses nothing and takes writes again: %s',
    async (_name, each) => {
      expectUnharmed(await runCell(rig, each, options));
    },
  );

  it('goes on or is taken back by another worker, when one is killed in the critical section (H21)', async () => {
    const killed = cell('kill worker freeze end 2');
    // The one that was killed stays away until then, so it is no help.
    const record = await runCell(rig, killed, {
      ...options,
      ...awayUntil(() => until('an end of the critical section', PATIENCE_MS, sectionEnded)),
    });

    expectUnharmed(record);
  });

  it('heals by itself when its only worker is killed in the hold, and the restarted one ends it (H15)', async () => {
    const killed = cell('kill worker hold end 1');
    const record = await runCell(rig, killed, {
      ...options,
      // Writes go on while nobody is there who could have said so.
      ...awayUntil(async () => {
        await until('the gate to heal', PATIENCE_MS, async () => {
          const { mode } = await rig.gateItself.state();
          return mode === 'healing';
        });
        const earlier = rig.recorder.acknowledged().length;
        await until('an acknowledgement', PATIENCE_MS, () => rig.recorder.acknowledged().length > earlier);
      }),
    });

    expectUnharmed(record);
  });

  it('has looked at what every instance signed', () => {
    expect(rig.signed.size).toBeGreaterThanOrEqual(rig.recorder.acknowledged().length);
    expect(rig.signed.signedTwice()).toEqual([]);
  });

  /** A killed part is started again only once something has come to pass, or was waited for in vain. */
  function awayUntil(comesToPass: () => Promise<unknown>): Pick<CellOptions, 'restartAfter' | 'afterFault'> {
    let goOn = (): void => undefined;
    const restartAfter = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const afterFault = async (): Promise<void> => {
      await comesToPass().finally(() => goOn());
    };
    return { restartAfter, afterFault };
  }

  /** Writes wait no longer, and exactly one tree takes them. */
  async function sectionEnded(): Promise<boolean> {
    const [{ mode }, trees] = await Promise.all([rig.gateItself.state(), rig.trees.list()]);
    return mode === 'pass' && trees.filter(({ tree_state }) => tree_state === 'ACTIVE').length === 1;
  }
});
